"use strict";
// One box beside the pointer: a name and what belongs to it, line by line.
(() => {
  let box = null;

  twill.hideTooltip = () => { if (box) box.hidden = true; };

  // lines: [key, value]; a key alone is a sentence.
  twill.showTooltip = (event, title, lines) => {
    if (!box) {
      box = twill.html("div", { class: "tooltip", role: "tooltip" });
      document.body.append(box);
    }
    box.replaceChildren(
      twill.html("strong", null, title),
      twill.html("dl", null, lines.map(([key, value]) => (value === undefined
        ? twill.html("dd", { class: "wide" }, key)
        : [twill.html("dt", null, key), twill.html("dd", null, value)]))));
    box.hidden = false;
    const { innerWidth, innerHeight } = window;
    const { width, height } = box.getBoundingClientRect();
    const x = event.clientX + 14 + width > innerWidth ? event.clientX - width - 10 : event.clientX + 14;
    const y = event.clientY + 16 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 16;
    box.style.left = `${Math.max(4, x)}px`;
    box.style.top = `${Math.max(4, y)}px`;
  };
})();
