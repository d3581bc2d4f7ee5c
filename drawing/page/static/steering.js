"use strict";
// How people move a timeline: pointer, wheel and keys.
(() => {
  const KEYS = {
    "+": (chart) => chart.zoom(0.7),
    "=": (chart) => chart.zoom(0.7),
    "-": (chart) => chart.zoom(1 / 0.7),
    w: (chart) => chart.zoom(0.7),
    s: (chart) => chart.zoom(1 / 0.7),
    a: (chart) => chart.pan(-0.15),
    d: (chart) => chart.pan(0.15),
    0: (chart) => chart.show(chart.first, chart.end),
    Home: (chart) => chart.pan(-1e9),
    End: (chart) => chart.pan(1e9),
  };

  twill.steerChart = (chart) => {
    chart.element.addEventListener("keydown", (event) => onKey(chart, event));
    chart.svg.addEventListener("wheel", (event) => onWheel(chart, event), { passive: false });
    chart.svg.addEventListener("pointermove", (event) => onMove(chart, event));
    chart.svg.addEventListener("pointerdown", (event) => onDown(chart, event));
    chart.svg.addEventListener("pointerleave", () => {
      twill.hideTooltip();
      chart.cursor.setAttribute("display", "none");
    });
    chart.svg.addEventListener("click", (event) => onClick(chart, event));
    chart.front.addEventListener("focusin", (event) => {
      for (const bar of chart.bars) bar.group.setAttribute("tabindex", -1);
      event.target.closest(".bar").setAttribute("tabindex", 0);
    });
    if (chart.bars.length) chart.bars[0].group.setAttribute("tabindex", 0);
  };

  const barOf = (event) => {
    const group = event.target.closest && event.target.closest(".bar");
    return group ? group.bar : null;
  };

  const onKey = (chart, event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const bar = barOf(event);
    const done = KEYS[event.key]
      ? (KEYS[event.key](chart), true)
      : bar ? barKey(chart, bar, event.key) : chartKey(chart, event.key);
    if (!done) return;
    twill.hideTooltip();
    event.preventDefault();
    event.stopPropagation();
  };

  const chartKey = (chart, key) => {
    if (key === "ArrowLeft") chart.pan(-0.15);
    else if (key === "ArrowRight") chart.pan(0.15);
    else if (key === "Enter" || key === "ArrowDown") focusBar(chart, firstInView(chart));
    else if (key === "Escape" && chart.selection.operation !== null) chart.selection.set(null);
    else return false;
    return true;
  };

  const barKey = (chart, bar, key) => {
    if (key === "ArrowRight") focusBar(chart, beside(chart, bar, 1));
    else if (key === "ArrowLeft") focusBar(chart, beside(chart, bar, -1));
    else if (key === "ArrowDown") focusBar(chart, inRow(chart, bar, 1));
    else if (key === "ArrowUp") focusBar(chart, inRow(chart, bar, -1));
    else if (key === "Enter" || key === " ") choose(chart, bar);
    else if (key === "Escape") chart.element.focus();
    else return false;
    return true;
  };

  const focusBar = (chart, bar) => {
    if (!bar) return;
    chart.reveal(bar);
    bar.group.focus({ preventScroll: false });
  };

  const choose = (chart, bar) => {
    if (chart.chosen(bar)) chart.selection.set(null);
    else chart.selection.set(bar.operation, bar.iteration);
  };

  const firstInView = (chart) => chart.bars.find((bar) => bar.end > chart.from && bar.start < chart.to);

  const beside = (chart, bar, step) => {
    const row = chart.bars.filter((other) => other.row === bar.row)
      .sort((a, b) => a.start - b.start || a.operation - b.operation);
    return row[row.indexOf(bar) + step];
  };

  const inRow = (chart, bar, step) => {
    for (let at = chart.rows.indexOf(bar.row) + step; chart.rows[at]; at += step) {
      const row = chart.bars.filter((other) => other.row === chart.rows[at]);
      if (row.length) {
        return row.reduce((a, b) => (Math.abs(b.start - bar.start) < Math.abs(a.start - bar.start) ? b : a));
      }
    }
    return null;
  };

  const onWheel = (chart, event) => {
    if (event.ctrlKey || event.metaKey) {
      chart.zoom(Math.exp(event.deltaY * 0.002), chart.cycleAt(event.clientX));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      chart.pan((event.deltaX || event.deltaY) / chart.plotWidth);
    } else {
      return;
    }
    event.preventDefault();
  };

  const onDown = (chart, event) => {
    if (event.button !== 0) return;
    chart.drag = { x: event.clientX, from: chart.from, to: chart.to, moved: false };
    const move = (moving) => {
      const by = (chart.drag.x - moving.clientX) * chart.perPixel;
      if (Math.abs(moving.clientX - chart.drag.x) > 3) chart.drag.moved = true;
      if (chart.drag.moved) {
        const from = Math.min(Math.max(chart.drag.from + by, chart.first), chart.end - (chart.to - chart.from));
        chart.show(from, from + (chart.to - chart.from));
      }
    };
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", up);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up);
  };

  const onClick = (chart, event) => {
    if (chart.drag && chart.drag.moved) return;
    const bar = barOf(event);
    if (bar) choose(chart, bar);
    else if (chart.selection.operation !== null) chart.selection.set(null);
  };

  const onMove = (chart, event) => {
    const left = chart.svg.getBoundingClientRect().left + chart.gutter;
    const x = event.clientX - left;
    const inside = x >= 0 && x <= chart.plotWidth;
    chart.cursor.setAttribute("display", inside ? "inline" : "none");
    if (inside) moveCursor(chart, x);
    const bar = barOf(event);
    if (bar && !(chart.drag && chart.drag.moved && event.buttons)) twill.showTooltip(event, bar.name, chart.about(bar));
    else twill.hideTooltip();
  };

  const moveCursor = (chart, x) => {
    const [line, text] = chart.cursor.children;
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    text.textContent = twill.number(Math.floor(chart.from + x * chart.perPixel));
    const nearRight = x > chart.plotWidth - 60;
    text.setAttribute("x", nearRight ? x - 4 : x + 4);
    text.setAttribute("text-anchor", nearRight ? "end" : "start");
  };
})();
