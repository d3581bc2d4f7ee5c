"use strict";
// A timeline that zooms and moves: rows of bars under an axis in cycles.
(() => {
  const LANE = twill.Bar.LANE;
  const ROW_GAP = 5;
  const TITLE = 22;
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  twill.Chart = class {
    // sections: [{title, rows: [{name, note, lanes}]}]; first .. end: all that can be seen;
    // phases: [{name, first, end}] or none; interval: cycles; selection: twill.Selection.
    constructor(options) {
      Object.assign(this, { first: 0, phases: [], gutter: 150 }, options);
      this.from = this.first;
      this.to = this.end;
      this.axisHeight = this.phases.length ? 46 : 28;
      this.rows = [];
      this.height = this.layOut();
      this.build();
      this.selection.watch(() => this.showSelection());
      new ResizeObserver(() => this.resize()).observe(this.element);
    }

    layOut() {
      let y = this.axisHeight + 4;
      for (const section of this.sections) {
        section.y = y;
        if (section.title) y += TITLE;
        for (const row of section.rows) {
          this.rows.push(Object.assign(row, { y, height: row.lanes.length * LANE }));
          y += row.height + ROW_GAP;
        }
        y += 6;
      }
      return y;
    }

    build() {
      this.back = twill.svg("g", { class: "back" });
      this.front = twill.svg("g", { class: "bars" });
      this.arrows = twill.svg("g", { class: "arrows" });
      this.cursor = twill.svg("g", { class: "cursor", display: "none" },
        twill.svg("line", { y1: this.axisHeight - 6, y2: this.height }),
        twill.svg("text", { y: this.axisHeight - 9 }));
      this.plot = twill.svg("svg", { class: "plot", x: this.gutter, y: 0, height: this.height },
        this.back, this.front, this.arrows, this.cursor);
      this.svg = twill.svg("svg", { class: "chart", height: this.height, role: "presentation" },
        this.labels(), this.plot);
      this.bars = this.rows.flatMap((row) => row.lanes.flatMap((lane, at) =>
        lane.map((bar) => new twill.Bar(bar, row, at, this))));
      this.front.append(...this.bars.map((bar) => bar.group));
      this.element = twill.html("div", {
        class: "timeline", tabindex: 0, role: "group", "aria-label": this.label,
      }, this.svg);
      this.element.chart = this;
      twill.steerChart(this);
    }

    labels() {
      const parts = [];
      for (const section of this.sections) {
        if (section.title) parts.push(twill.svg("text", { class: "section", x: 2, y: section.y + 14 }, section.title));
      }
      for (const row of this.rows) {
        const name = twill.fitting(row.name, this.gutter - 14, 7.2);
        parts.push(twill.svg("text", { class: "rowname", x: 2, y: row.y + 14 },
          twill.svg("title", null, row.name), name));
        const below = row.height > LANE;
        const room = this.gutter - 14 - (below ? 0 : name.length * 7.2 + 6);
        if (row.note && room > row.note.length * 5.8) {
          parts.push(twill.svg("text", {
            class: below ? "note" : "note end", x: below ? 2 : this.gutter - 10, y: row.y + (below ? 29 : 14),
          }, row.note));
        }
      }
      return twill.svg("g", { class: "labels" }, parts);
    }

    resize() {
      const width = Math.max(this.element.clientWidth, 200);
      if (width === this.width) return;
      this.width = width;
      twill.set(this.svg, "width", width);
      twill.set(this.plot, "width", width - this.gutter);
      this.draw();
    }

    get plotWidth() { return Math.max((this.width || 900) - this.gutter, 50); }

    get perPixel() { return (this.to - this.from) / this.plotWidth; }

    x(cycle) { return (cycle - this.from) / this.perPixel; }

    cycleAt(clientX) {
      const left = this.svg.getBoundingClientRect().left + this.gutter;
      return clamp(this.from + (clientX - left) * this.perPixel, this.from, this.to);
    }

    show(from, to) {
      const least = Math.min(20, this.end - this.first);
      const span = clamp(to - from, least, this.end - this.first);
      const middle = (from + to) / 2;
      this.from = clamp(middle - span / 2, this.first, this.end - span);
      this.to = this.from + span;
      if (this.width) this.draw();
    }

    zoom(factor, around = (this.from + this.to) / 2) {
      this.show(around - (around - this.from) * factor, around + (this.to - around) * factor);
    }

    pan(share) {
      const by = (this.to - this.from) * share;
      const moved = clamp(this.from + by, this.first, this.end - (this.to - this.from));
      this.show(moved, moved + (this.to - this.from));
    }

    reveal(bar) {
      const span = this.to - this.from;
      if (bar.start >= this.from && bar.start + this.perPixel * 40 <= this.to) return;
      this.show(bar.start - span * 0.2, bar.start + span * 0.8);
    }

    draw() {
      const x = (cycle) => this.x(cycle);
      this.drawBack(x);
      for (const bar of this.bars) bar.place(x, this.plotWidth);
      this.drawArrows();
      if (this.moved) this.moved(this);
    }

    drawBack(x) {
      const parts = [];
      for (const row of this.rows) {
        parts.push(twill.svg("rect", { class: "rowback", x: 0, y: row.y, width: this.plotWidth, height: row.height }));
      }
      for (const phase of this.phases) parts.push(...this.phase(phase, x));
      const step = twill.roundStep(this.perPixel, 90);
      for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
        parts.push(twill.svg("line", { class: "tick", x1: x(at), x2: x(at), y1: this.axisHeight - 4, y2: this.height }));
        if (x(at) + twill.number(at).length * 6.6 < this.plotWidth) {
          parts.push(twill.svg("text", { class: "number", x: x(at) + 3, y: this.axisHeight - 8 }, twill.number(at)));
        }
      }
      const begin = Math.ceil(this.from / this.interval);
      if (this.interval / this.perPixel > 6) {
        for (let at = begin * this.interval; at <= this.to; at += this.interval) {
          parts.push(twill.svg("line", { class: "interval", x1: x(at), x2: x(at), y1: this.axisHeight - 4, y2: this.height }));
        }
      }
      this.back.replaceChildren(...parts);
    }

    phase(phase, x) {
      const left = clamp(x(phase.first), 0, this.plotWidth);
      const right = clamp(x(phase.end), 0, this.plotWidth);
      if (right - left < 1) return [];
      const steady = phase.name === "steady state";
      return [
        twill.svg("rect", {
          class: steady ? "phase steady" : "phase", x: left, y: 4, width: right - left, height: 18,
        }),
        steady ? twill.svg("rect", {
          class: "steadyback", x: left, y: 22, width: right - left, height: this.height - 22,
        }) : null,
        twill.svg("text", { class: "phasename", x: left + 6, y: 17 },
          twill.fitting(phase.name, right - left - 8, 6.4)),
      ].filter((part) => part !== null);
    }

    chosen(bar) {
      const { operation, iteration } = this.selection;
      return bar.operation === operation && (iteration === null || bar.iteration === iteration);
    }

    showSelection() {
      const { operation } = this.selection;
      this.element.classList.toggle("choosing", operation !== null);
      for (const bar of this.bars) {
        bar.group.classList.toggle("same", bar.operation === operation);
        bar.group.classList.toggle("chosen", this.chosen(bar));
        bar.group.setAttribute("aria-pressed", String(this.chosen(bar)));
      }
      this.drawArrows();
    }

    // Where the chosen instance waits, and who waits for it.
    drawArrows() {
      const { operation, iteration } = this.selection;
      const parts = [];
      if (operation !== null && iteration !== null && this.dependences) {
        for (const each of this.dependences) {
          if (each.target === operation) parts.push(this.arrow(each, each.source, iteration - each.distance, operation, iteration));
          if (each.source === operation) parts.push(this.arrow(each, operation, iteration, each.target, iteration + each.distance));
        }
      }
      this.arrows.replaceChildren(...parts.filter((part) => part !== null));
    }

    arrow(dependence, source, before, target, after) {
      const tail = this.streamBar(source, before);
      const head = this.streamBar(target, after);
      if (!tail || !head || tail === head) return null;
      const [x1, y1] = [this.x(tail.start + this.operations[source].latency), tail.y + 9];
      const [x2, y2] = [this.x(head.start), head.y + 9];
      if ((x1 < 0 && x2 < 0) || (x1 > this.plotWidth && x2 > this.plotWidth)) return null;
      const bend = Math.max(18, Math.abs(x2 - x1) / 2);
      const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
      return twill.svg("g", { class: dependence.critical ? "arrow critical" : "arrow" },
        twill.svg("path", { d: path }),
        twill.svg("path", { class: "head", d: `M${x2} ${y2}l-7 -3.5v7z` }));
    }

    streamBar(operation, iteration) {
      return this.bars.find((bar) => bar.row.stream && bar.operation === operation && bar.iteration === iteration);
    }
  };
})();
