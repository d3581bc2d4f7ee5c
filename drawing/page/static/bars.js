"use strict";
// The bars of a timeline: one group of shapes for each, moved and cut to the cycles in view.
(() => {
  const LANE = 20;

  // bar: [operation, iteration, first cycle, end of the solid part, end]
  twill.Bar = class {
    constructor(bar, row, lane, chart) {
      [this.operation, this.iteration, this.start, this.solidEnd, this.end] = bar;
      this.row = row;
      this.y = row.y + lane * LANE + 1;
      this.name = chart.operations[this.operation].name;
      const height = LANE - 2;
      this.flight = this.end > this.solidEnd
        ? twill.svg("rect", { class: "flight", y: this.y, height, rx: 2 }) : null;
      this.solid = this.solidEnd > this.start
        ? twill.svg("rect", { class: "solid", y: this.y, height, rx: 2 }) : null;
      this.frame = twill.svg("rect", { class: "frame", y: this.y, height, rx: 2 });
      this.label = twill.svg("text", { y: this.y + 13 });
      this.group = twill.svg("g", {
        class: `bar ${chart.colour(this)}`,
        tabindex: -1,
        role: "button",
        "aria-label": chart.describe(this),
      }, this.flight, this.solid, this.frame, this.label);
      this.group.bar = this;
    }

    // x(cycle) gives pixels of the plot, which is `width` wide.
    place(x, width) {
      const left = x(this.start);
      const right = Math.max(x(this.end), left + 2);
      const seen = right > 0 && left < width;
      twill.set(this.group, "display", seen ? "inline" : "none");
      if (!seen) return;
      const from = Math.max(left, -8);
      const to = Math.min(right, width + 8);
      if (this.flight) span(this.flight, from, to);
      span(this.frame, from, to);
      if (this.solid) span(this.solid, from, Math.max(Math.min(Math.max(x(this.solidEnd), left + 2), width + 8), from));
      const begin = Math.max(left, 0) + 4;
      const text = twill.fitting(this.name, Math.min(right, width) - begin - 2);
      if (this.label.textContent !== text) this.label.textContent = text;
      twill.set(this.label, "x", begin);
    }
  };

  twill.Bar.LANE = LANE;

  const span = (rect, from, to) => {
    twill.set(rect, "x", from);
    twill.set(rect, "width", Math.max(to - from, 0));
  };
})();
