"use strict";
// Charts over the slots of one period: stacked amounts under a limit, and one cursor for all of them.
(() => {
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  // Pieces [first, end, amount, key] stacked in the order of `keys`: [first, end, low, high, key].
  twill.stack = (pieces, keys) => {
    const bounds = [...new Set(pieces.flatMap(([first, end]) => [first, end]))].sort((a, b) => a - b);
    const rank = new Map(keys.map((key, at) => [key, at]));
    const found = [];
    const open = new Map();
    for (let at = 0; at + 1 < bounds.length; at += 1) {
      const [first, end] = [bounds[at], bounds[at + 1]];
      const here = pieces.filter((piece) => piece[0] <= first && piece[1] >= end)
        .sort((a, b) => rank.get(a[3]) - rank.get(b[3]));
      let low = 0;
      for (const [, , amount, key] of here) {
        const last = open.get(key);
        if (last && last[1] === first && last[2] === low && last[3] === low + amount) last[1] = end;
        else {
          open.set(key, [first, end, low, low + amount, key]);
          found.push(open.get(key));
        }
        low += amount;
      }
    }
    return found;
  };

  twill.SlotChart = class {
    // strips: [{name, note, limit, height, layers: [first, end, low, high, {class, label, key}], marks}]
    constructor({ interval, strips, label, about, gutter = 150, onPick = null }) {
      Object.assign(this, { interval, strips, about, gutter, onPick });
      this.slot = 0;
      this.key = null; // what is highlighted
      this.edges = [...new Set([0, ...strips.flatMap((strip) => strip.layers.flatMap(([first, end]) => [first, end]))])]
        .filter((slot) => slot < interval).sort((a, b) => a - b);
      let y = 26;
      for (const strip of strips) {
        strip.y = y;
        y += strip.height + 12;
      }
      this.height = y + 4;
      this.drawn = twill.svg("g");
      this.line = twill.svg("line", { class: "slotline", y1: 20, y2: this.height, display: "none" });
      this.svg = twill.svg("svg", { class: "chart", height: this.height, role: "presentation" }, this.drawn, this.line);
      this.reading = twill.html("div", { class: "slot-reading", "aria-live": "polite" });
      this.focusable = twill.html("div", {
        class: onPick ? "timeline picking" : "timeline", tabindex: 0, role: "group", "aria-label": label,
      }, this.svg);
      this.element = twill.html("div", null, this.focusable, this.reading);
      this.listen();
      new ResizeObserver(() => this.resize()).observe(this.focusable);
      this.read(0, false);
    }

    listen() {
      this.svg.addEventListener("pointermove", (event) => {
        const x = event.clientX - this.svg.getBoundingClientRect().left - this.gutter;
        this.read(clamp(Math.floor(x * this.interval / this.plotWidth), 0, this.interval - 1));
      });
      this.svg.addEventListener("click", (event) => {
        const layer = event.target.closest(".layer");
        if (layer && this.onPick) this.onPick(layer.key);
      });
      this.focusable.addEventListener("keydown", (event) => {
        const at = this.edges.findLastIndex((edge) => edge <= this.slot);
        const moves = {
          ArrowRight: this.edges[at + 1], ArrowLeft: this.edges[this.edges[at] < this.slot ? at : at - 1],
          Home: 0, End: this.edges[this.edges.length - 1],
        };
        if (!(event.key in moves)) return;
        event.preventDefault();
        if (moves[event.key] !== undefined) this.read(moves[event.key]);
      });
    }

    get plotWidth() { return Math.max((this.width || 900) - this.gutter - 4, 50); }

    x(slot) { return this.gutter + slot * this.plotWidth / this.interval; }

    resize() {
      const width = Math.max(this.focusable.clientWidth, 200);
      if (width === this.width) return;
      this.width = width;
      twill.set(this.svg, "width", width);
      this.draw();
      this.place();
    }

    draw() {
      const parts = this.axis();
      for (const strip of this.strips) parts.push(...this.strip(strip));
      this.drawn.replaceChildren(...parts);
      this.highlight(this.key);
    }

    axis() {
      const parts = [twill.svg("text", { class: "section", x: 2, y: 14 }, "slot")];
      const step = twill.roundStep(this.interval / this.plotWidth, 80);
      for (let at = 0; at < this.interval; at += step) {
        parts.push(twill.svg("line", { class: "tick", x1: this.x(at), x2: this.x(at), y1: 18, y2: this.height }));
        if (this.x(at) < this.gutter + this.plotWidth - 30) {
          parts.push(twill.svg("text", { class: "number", x: this.x(at) + 3, y: 14 }, twill.number(at)));
        }
      }
      return parts;
    }

    strip(strip) {
      const y = (amount) => strip.y + strip.height - Math.min(amount / strip.limit, 1) * strip.height;
      const parts = [
        twill.svg("text", { class: "rowname", x: 2, y: strip.y + 13 }, twill.fitting(strip.name, this.gutter - 12, 7.2)),
        twill.svg("rect", { class: "rowback", x: this.gutter, y: strip.y, width: this.plotWidth, height: strip.height }),
      ];
      strip.notes.forEach((note, at) => parts.push(
        twill.svg("text", { class: "note", x: 2, y: strip.y + 27 + at * 14 }, twill.fitting(note, this.gutter - 8, 5.7))));
      for (const [first, end, low, high, drawn] of strip.layers) {
        const [left, width] = [this.x(first), (end - first) * this.plotWidth / this.interval];
        const [top, height] = [y(high), y(low) - y(high)];
        const group = twill.svg("g", { class: `layer ${drawn.class}` },
          twill.svg("title", null, drawn.title),
          twill.svg("rect", { class: "solid", x: left, y: top, width, height }));
        group.key = drawn.key;
        const text = height >= 12 ? twill.fitting(drawn.label, width - 8) : "";
        if (text) group.append(twill.svg("text", { x: left + 4, y: top + height / 2 + 4 }, text));
        parts.push(group);
      }
      for (const mark of strip.marks || []) {
        parts.push(twill.svg("line", { class: mark.class, x1: this.gutter, x2: this.gutter + this.plotWidth, y1: y(mark.at), y2: y(mark.at) },
          twill.svg("title", null, mark.title)));
      }
      return parts;
    }

    highlight(key) {
      this.key = key;
      this.focusable.classList.toggle("choosing", key !== null);
      for (const group of this.drawn.querySelectorAll(".layer")) {
        group.classList.toggle("same", key !== null && group.key === key);
        group.classList.toggle("chosen", key !== null && group.key === key);
      }
    }

    place() {
      this.line.setAttribute("x1", this.x(this.slot + 0.5));
      this.line.setAttribute("x2", this.x(this.slot + 0.5));
    }

    read(slot, seen = true) {
      this.slot = slot;
      if (seen) this.line.setAttribute("display", "inline");
      this.place();
      this.reading.replaceChildren(
        twill.html("b", null, `slot ${twill.number(slot)}`),
        ...this.about(slot).map(([name, value]) => twill.html("span", null, twill.html("em", null, name), ` ${value}`)));
    }
  };
})();
