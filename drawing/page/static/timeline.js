"use strict";
// The timeline of a schedule: warp groups and functional units over prologue, steady state, epilogue.
(() => {
  twill.COLOURS = 6;
  twill.iterationColour = (iteration) => `i${((iteration % twill.COLOURS) + twill.COLOURS) % twill.COLOURS}`;

  // Room for the longest name, and for what is said beside it in rows of one lane.
  twill.gutter = (rows) => {
    const wanted = rows.map((row) => row.name.length * 7.4 + (row.note && row.lanes.length === 1 ? row.note.length * 5.9 + 22 : 16));
    return Math.min(Math.max(...wanted, 116), window.innerWidth < 900 ? 150 : 190);
  };

  const sections = (drawn, data) => {
    const capacity = new Map(data.units.map((unit) => [unit.name, unit.capacity]));
    return [
      { title: "Warp groups", rows: drawn.groups.map((row) => ({ ...row, stream: true })) },
      { title: "Functional units", rows: drawn.units.map((row) => ({ ...row, capacity: capacity.get(row.name) })) },
    ].filter((section) => section.rows.length);
  };

  const about = (data, bar) => {
    const operation = data.operations[bar.operation];
    const lines = [
      ["iteration", twill.number(bar.iteration)],
      ["warp group", operation.group],
      ["stage, slot", `${operation.stage}, ${twill.number(operation.slot)}`],
    ];
    if (bar.row.stream) {
      lines.push(["issues", `cycle ${twill.number(bar.start)}`]);
      lines.push(["issue cost", twill.cycles(operation.issue)], ["latency", twill.cycles(operation.latency)]);
    } else {
      const held = operation.reservations.find((each) => each[0] === bar.row.name);
      lines.push(["holds", `${twill.number(held ? held[1] : null)} of ${twill.number(bar.row.capacity)} ${bar.row.name}`]);
      lines.push(["cycles", `${twill.number(bar.start)} – ${twill.number(bar.end - 1)} (${twill.number(bar.end - bar.start)})`]);
    }
    if (operation.summary) lines.push([operation.summary]);
    return lines;
  };

  const describe = (data, bar) => {
    const operation = data.operations[bar.operation];
    const where = bar.row.stream ? operation.group : `${bar.row.name}, ${operation.group}`;
    return `${operation.name}, iteration ${bar.iteration}, ${where}, cycles ${bar.start} to ${bar.end - 1}, `
      + `stage ${operation.stage}, slot ${operation.slot}`;
  };

  twill.scheduleChart = (data, drawn, selection, label) => new twill.Chart({
    sections: sections(drawn, data),
    end: drawn.end,
    phases: drawn.phases || [],
    interval: data.figures.initiation_interval,
    operations: data.operations,
    dependences: data.dependences,
    selection,
    label,
    gutter: twill.gutter([...drawn.groups, ...drawn.units]),
    colour: (bar) => twill.iterationColour(drawn.phases ? bar.iteration : -bar.iteration),
    about: (bar) => about(data, bar),
    describe: (bar) => describe(data, bar),
  });

  const legend = (data, drawn) => {
    const count = Math.min(drawn.phases ? drawn.iterations : data.figures.stages, twill.COLOURS);
    const words = (at) => (drawn.phases ? `iteration ${at}` : at ? `${twill.plural(at, "iteration")} older` : "newest iteration");
    const keys = Array.from({ length: count }, (_, at) =>
      twill.html("span", { class: "key" }, twill.html("i", { class: `swatch i${at}` }), words(at)));
    return twill.html("div", { class: "legend" }, keys,
      twill.html("span", { class: "key" }, twill.html("i", { class: "swatch i0 part" }), "issues or holds the unit, then in flight"),
      twill.html("span", { class: "key" }, twill.html("i", { class: "swatch dash" }), "a period begins"));
  };

  const controls = (chart, data, drawn) => {
    const interval = data.figures.initiation_interval;
    const steady = (drawn.phases || []).find((phase) => phase.name === "steady state");
    const button = (text, label, action) =>
      twill.html("button", { type: "button", class: "quiet", "aria-label": label, title: label, onclick: action }, text);
    const reading = twill.html("span", { class: "reading", "aria-live": "off" });
    chart.moved = () => {
      reading.textContent = `cycles ${twill.number(Math.round(chart.from))} – ${twill.number(Math.round(chart.to))}`;
    };
    return twill.html("div", { class: "controls", role: "toolbar", "aria-label": "Timeline" },
      button("−", "Zoom out (-)", () => chart.zoom(1 / 0.6)),
      button("+", "Zoom in (+)", () => chart.zoom(0.6)),
      button("All", "Show everything (0)", () => chart.show(chart.first, chart.end)),
      steady ? button("One period", "Show one period of the steady state",
        () => chart.show(steady.first, steady.first + interval)) : null,
      reading,
      twill.html("span", { class: "hint wide-only" }, "drag, Ctrl + wheel, ← → + −; Enter goes to operations"));
  };

  twill.timelineView = (data, selection) => {
    const drawn = data.timeline || data.steady; // what is too large is shown for one period
    if (!drawn) {
      return twill.html("p", { class: "empty" }, data.figures.initiation_interval
        ? "This schedule has too many operations to be drawn; the reservation table shows one period of it."
        : "There is no schedule to draw.");
    }
    const chart = twill.scheduleChart(data, drawn, selection,
      "Timeline. Arrow keys move it, plus and minus zoom, Enter goes to its operations.");
    return twill.html("div", null, controls(chart, data, drawn), chart.element, legend(data, drawn));
  };
})();
