"use strict";
// Elements made of text and attributes: nothing that comes from a schedule is read as markup.
const twill = {};
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  const filled = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
    return element;
  };

  twill.html = (name, attributes, ...children) =>
    filled(document.createElement(name), attributes, children);

  twill.svg = (name, attributes, ...children) =>
    filled(document.createElementNS(SVG, name), attributes, children);

  // Only what changed is written: most attributes of a chart stay as they are while it moves.
  twill.set = (element, name, value) => {
    const text = typeof value === "number" ? value.toFixed(2) : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  };

  const format = new Intl.NumberFormat("en-US");
  twill.number = (value) => (value === null || value === undefined ? "–" : format.format(value));
  twill.cycles = (value) => `${twill.number(value)} ${value === 1 ? "cycle" : "cycles"}`;
  twill.plural = (count, word) => `${twill.number(count)} ${word}${count === 1 ? "" : "s"}`;
  twill.percent = (share) => `${(100 * share).toFixed(share >= 0.9995 || share === 0 ? 0 : 1)} %`;

  // A round step that leaves at least `room` pixels between marks.
  twill.roundStep = (perPixel, room) => {
    for (let power = 1; power < 1e12; power *= 10) {
      for (const factor of [1, 2, 5]) if (factor * power >= perPixel * room) return factor * power;
    }
    return 1e12;
  };

  // Axes and names are told apart by width: these are the fonts' widest usual characters.
  twill.fitting = (text, pixels, perCharacter = 6.7) => {
    const room = Math.floor(pixels / perCharacter);
    if (text.length <= room) return text;
    return room >= 3 ? text.slice(0, room - 1) + "…" : "";
  };

  twill.table = (heads, rows, attributes) =>
    twill.html("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": (attributes || {}).label },
      twill.html("table", { class: (attributes || {}).class },
        twill.html("thead", null, twill.html("tr", null, heads.map(headCell))),
        twill.html("tbody", null, rows)));

  const headCell = (head) => {
    const numeric = head.startsWith("#");
    return twill.html("th", { scope: "col", class: numeric ? "n" : null }, numeric ? head.slice(1) : head);
  };

  // What is chosen; every view of a schedule listens, so that they all show the same operation.
  twill.Selection = class {
    constructor() {
      this.operation = null;
      this.iteration = null;
      this.watchers = [];
    }

    watch(watcher) {
      this.watchers.push(watcher);
      watcher(this);
    }

    set(operation, iteration = null) {
      if (operation === this.operation && iteration === this.iteration) return;
      this.operation = operation;
      this.iteration = iteration;
      for (const watcher of this.watchers) watcher(this);
    }
  };
})();
