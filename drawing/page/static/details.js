"use strict";
// What is known of the chosen operation, beside every view.
(() => {
  const link = (data, at, selection, words) => twill.html("li", null,
    twill.html("button", { type: "button", class: "op", onclick: () => selection.set(at) }, data.operations[at].name),
    twill.html("span", null, words));

  const words = (each) => {
    const parts = [`${twill.cycles(each.latency)}`];
    if (each.distance) parts.push(`+${twill.plural(each.distance, "iteration")}`);
    if (each.crosses) parts.push(each.handoff ? `crosses (+${twill.number(each.handoff)})` : "crosses");
    if (each.blocking) parts.push("blocks");
    if (each.critical) parts.push("critical");
    return parts.join(", ");
  };

  const listed = (title, items) => (items.length
    ? [twill.html("h3", null, title), twill.html("ul", { class: "links" }, items)] : []);

  const row = (name, value) => (value === null || value === ""
    ? [] : [twill.html("dt", null, name), twill.html("dd", null, value)]);

  const sourceLine = (data, operation) => {
    if (!operation.line || !data.sources.kernel) return [];
    const text = data.sources.kernel.split("\n")[operation.line - 1];
    return text === undefined ? [] : [twill.html("h3", null, `Line ${operation.line}`), twill.html("code", { class: "line" }, text.trim())];
  };

  const facts = (operation, iteration, interval) => twill.html("dl", { class: "facts" },
    row("warp group", operation.group),
    row("stage", operation.stage === null ? null : twill.number(operation.stage)),
    row("slot", operation.slot === null ? null : twill.number(operation.slot)),
    row("issue cycle", operation.issue_cycle === null ? null : twill.number(operation.issue_cycle)),
    row("iteration", iteration === null ? null
      : `${iteration}, at cycle ${twill.number(operation.issue_cycle + iteration * interval)}`),
    row("latency", twill.cycles(operation.latency)),
    row("issue cost", twill.cycles(operation.issue)),
    row("wait", operation.wait ? twill.cycles(operation.wait) : null),
    row("queue", operation.queue),
    row("warps", twill.number(operation.warps)),
    operation.reservations.map(([unit, quantity, cycles]) =>
      row(unit, `${twill.number(quantity)} for ${twill.cycles(cycles)}`)));

  const chosen = (data, selection) => {
    const at = selection.operation;
    const operation = data.operations[at];
    const before = data.dependences.filter((each) => each.target === at);
    const after = data.dependences.filter((each) => each.source === at);
    return [
      twill.html("div", { class: "chosen-head" }, twill.html("h2", null, operation.name),
        twill.html("button", { type: "button", class: "quiet", "aria-label": "Choose nothing", onclick: () => selection.set(null) }, "×")),
      operation.summary ? twill.html("p", { class: "summary" }, operation.summary) : null,
      facts(operation, selection.iteration, data.figures.initiation_interval),
      sourceLine(data, operation),
      listed("Waits for", before.map((each) => link(data, each.source, selection, words(each)))),
      listed("Is waited for by", after.map((each) => link(data, each.target, selection, words(each)))),
    ];
  };

  const nothing = (data, selection) => [
    twill.html("h2", null, "Operations"),
    twill.html("p", { class: "hint" }, "Choose one to see it in every view."),
    twill.html("p", { class: "columns" }, twill.html("span", null, "operation"), data.figures.initiation_interval ? twill.html("span", null, "issue cycle, stage") : null),
    twill.html("ul", { class: "operations" }, data.operations.map((operation, at) => ({ operation, at }))
      .sort((a, b) => (a.operation.issue_cycle ?? a.at) - (b.operation.issue_cycle ?? b.at)).slice(0, 300)
      .map(({ operation, at }) => twill.html("li", null,
        twill.html("button", { type: "button", class: "op", onclick: () => selection.set(at) }, operation.name),
        operation.stage === null ? null
          : twill.html("span", null, twill.number(operation.issue_cycle), twill.html("i", { class: `swatch i${operation.stage % 6}`, title: `stage ${operation.stage}` }))))),
  ];

  twill.detailsPanel = (data, selection) => {
    const panel = twill.html("aside", { class: "details", "aria-label": "Chosen operation" });
    const announced = twill.html("p", { class: "unseen", "aria-live": "polite" });
    const body = twill.html("div");
    panel.append(announced, body);
    selection.watch(() => {
      const none = selection.operation === null;
      body.replaceChildren(...(none ? nothing(data, selection) : chosen(data, selection))
        .flat(2).filter((part) => part !== null));
      announced.textContent = none ? "" : `${data.operations[selection.operation].name} is chosen`;
    });
    return panel;
  };
})();
