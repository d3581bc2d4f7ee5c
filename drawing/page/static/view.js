"use strict";
// One schedule with all its views, and the choice between several.
(() => {
  const STATUS = {
    optimal: "optimal", feasible: "feasible, not proved least", infeasible: "infeasible, proved", unknown: "unknown",
  };

  const asSentence = (words) => words.charAt(0).toUpperCase() + words.slice(1).replace(/[.]?$/, ".");

  const figure = (name, value, note) => twill.html("div", { class: "figure" },
    twill.html("dt", null, name), twill.html("dd", null, twill.html("b", null, value), note ? twill.html("span", null, note) : null));

  const bound = (figures) => {
    if (figures.minimum === null) return null;
    const { resource, recurrence, minimum } = figures;
    const by = [...(resource === minimum ? figures.resource_units : []), ...(recurrence === minimum ? ["the recurrence"] : [])].join(", ");
    const other = resource === recurrence ? "" : resource === minimum ? `; RecMII ${twill.number(recurrence)}` : `; ResMII ${twill.number(resource)}`;
    return figure("MinII", twill.number(minimum), `${by ? `by ${by}` : ""}${other}`);
  };

  const limit = (figures) => {
    if (figures.initiation_interval === null) return figures.lower_bound ? `none below ${twill.number(figures.lower_bound)}` : null;
    if (figures.lower_bound === figures.initiation_interval) return "cycles, proved least";
    return figures.lower_bound ? `cycles, none below ${twill.number(figures.lower_bound)}` : "cycles";
  };

  const memoryFigures = (data) => data.memories.map((held) => figure(held.name.replaceAll("_", " "),
    twill.number(held.reserved ?? held.peak), `of ${twill.number(held.limit)} ${held.unit}`));

  const figures = (data) => {
    const found = data.figures;
    const registers = data.groups.filter((group) => group.registers);
    return twill.html("dl", { class: "figures" },
      figure("initiation interval", twill.number(found.initiation_interval), limit(found)),
      bound(found),
      found.stages !== null ? figure("stages", twill.number(found.stages), `${twill.number(found.schedule_length)} cycles long`) : null,
      data.groups.length ? figure("warp groups", twill.number(data.groups.length), data.groups.map((group) => `${group.warps}`).join(" + ") + " warps") : null,
      memoryFigures(data),
      registers.length ? figure("registers per thread", registers.map((group) => group.registers).join(", "), registers.map((group) => group.name).join(", ")) : null);
  };

  const TABS = [
    ["timeline", "Timeline", twill.timelineView],
    ["table", "Reservation table", twill.reservationView],
    ["graph", "Dependences", twill.graphView],
    ["occupancy", "Occupancy", twill.occupancyView],
    ["source", "Source", twill.sourceView],
    ["certificate", "Certificate", twill.certificateView],
  ];

  // Panels are made when they are first looked at.
  const tabbed = (tabs, label) => {
    const panels = tabs.map(([key, , make]) => ({ make, element: twill.html("div", { class: "panel", role: "tabpanel", id: `panel-${key}`, "aria-labelledby": `tab-${key}`, hidden: true }) }));
    const buttons = tabs.map(([key, name], at) => twill.html("button", {
      type: "button", role: "tab", id: `tab-${key}`, "aria-controls": `panel-${key}`, onclick: () => show(at),
    }, name));
    const show = (shown) => {
      buttons.forEach((button, at) => {
        button.setAttribute("aria-selected", String(at === shown));
        button.setAttribute("tabindex", at === shown ? 0 : -1);
        panels[at].element.hidden = at !== shown;
      });
      fill(panels[shown]);
      const { shown: look } = panels[shown].element.firstChild; // what can be done only when it is seen
      if (look) look();
    };
    const fill = (panel) => {
      if (!panel.element.firstChild) panel.element.append(panel.make());
    };
    const list = twill.html("div", { class: "tabs", role: "tablist", "aria-label": label, onkeydown: (event) => {
      const at = buttons.indexOf(document.activeElement);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (at < 0 || next === undefined) return;
      event.preventDefault();
      const to = (next + buttons.length) % buttons.length;
      show(to);
      buttons[to].focus();
    } }, buttons);
    return { list, panels: panels.map((panel) => panel.element), show, all: () => panels.forEach(fill) };
  };

  const head = (data, actions) => twill.html("header", { class: "schedule-head" },
    twill.html("div", { class: "titles" },
      twill.html("h1", null, data.kernel, twill.html("span", null, ` on ${data.gpu}`)),
      twill.html("span", { class: `status ${data.status}` }, STATUS[data.status] || data.status),
      twill.html("div", { class: "actions" }, actions)),
    data.status !== "optimal" ? twill.html("p", { class: "lead" }, data.headline, data.reason ? ` ${asSentence(data.reason)}` : "") : null,
    figures(data));

  twill.scheduleView = (data, actions) => {
    const selection = new twill.Selection();
    const made = tabbed(TABS.map(([key, name, make]) => [key, name, () => make(data, selection)]), "Views of the schedule");
    const root = twill.html("div", { class: "schedule" }, head(data, actions || null), made.list,
      twill.html("div", { class: "body" }, twill.html("main", { class: "panels" }, made.panels), twill.detailsPanel(data, selection)));
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) selection.set(null);
    });
    made.show(data.figures.initiation_interval ? 0 : TABS.length - 1);
    addEventListener("beforeprint", made.all);
    root.selection = selection;
    return root;
  };

  const choice = (label, schedules, value, onChange) => twill.html("label", { class: "choice" }, `${label} `,
    twill.html("select", { onchange: (event) => onChange(Number(event.target.value)) },
      schedules.map((data, at) => twill.html("option", { value: at, selected: at === value }, data.name))));

  // Several schedules: one of them with all its views, or two side by side.
  twill.schedulesView = (schedules, { comparing = false, actions = [] } = {}) => {
    const place = twill.html("div", { class: "schedules" });
    const several = schedules.length > 1;
    const state = { one: 0, other: Math.min(1, schedules.length - 1), comparing: comparing && several };
    const show = (change) => {
      Object.assign(state, change);
      const parts = several ? [twill.html("nav", { class: "choices", "aria-label": "Schedules" },
        choice(state.comparing ? "A" : "Schedule", schedules, state.one, (one) => show({ one })),
        state.comparing ? choice("B", schedules, state.other, (other) => show({ other })) : null,
        twill.html("button", { type: "button", class: "quiet", "aria-pressed": String(state.comparing), onclick: () => show({ comparing: !state.comparing }) },
          state.comparing ? "One schedule" : "Compare"))] : [];
      parts.push(state.comparing
        ? twill.html("main", { class: "panels alone" }, twill.html("h1", { class: "compare-title" }, `${schedules[state.one].name} and ${schedules[state.other].name}`), twill.compareView(schedules[state.one], schedules[state.other]))
        : twill.scheduleView(schedules[state.one], actions));
      place.replaceChildren(...parts);
    };
    show({});
    return place;
  };

  twill.mark = () => twill.svg("svg", { class: "mark", width: 20, height: 20, viewBox: "0 0 20 20", "aria-hidden": "true" },
    [0, 1, 2].map((row) => [0, 1, 2].map((column) => twill.svg("path", {
      d: `M${1 + column * 6} ${5 + row * 6}l4 -4h2l-6 6z`, class: (row + column) % 2 ? "weft" : "warp",
    }))));
})();
