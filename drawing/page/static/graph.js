"use strict";
// The dependence graph, laid out beforehand; the critical recurrence stands out.
(() => {
  const HEIGHT = 34;

  const curve = (points) => {
    const [[x0, y0]] = points;
    let path = `M${x0} ${y0}`;
    if (points.length === 3 && points[0][0] === points[2][0]) { // a loop at the right side of its node
      const [, [x1, y1], [x2, y2]] = points;
      return `${path}C${x1 + 8} ${y0 - 8} ${x1 + 8} ${y1 + 15} ${x2} ${y2}`;
    }
    for (let at = 1; at < points.length; at += 1) {
      const [[xa, ya], [xb, yb]] = [points[at - 1], points[at]];
      const middle = (ya + yb) / 2;
      path += ya === yb ? `C${xa} ${ya + 26} ${xb} ${yb + 26} ${xb} ${yb}` : `C${xa} ${middle} ${xb} ${middle} ${xb} ${yb}`;
    }
    return path;
  };

  const head = (points) => {
    const [xa, ya] = points[points.length - 2];
    const [x, y] = points[points.length - 1];
    if (points.length === 3 && points[0][0] === x) return `M${x} ${y}l8 -2l-4 7z`;
    const up = ya > y || (ya === y && xa !== x) ? 1 : -1;
    return `M${x} ${y}l-4 ${7 * up}h8z`;
  };

  const OVERWRITES = "write-after-read: takes its storage over in place";

  const edgeWords = (data, edge) => (edge.dependences.length ? edge.dependences.map((number) => {
    const each = data.dependences[number];
    const parts = [`latency ${twill.cycles(each.latency)}`];
    if (each.distance) parts.push(twill.plural(each.distance, "iteration") + " later");
    if (each.value) parts.push(`carries ${each.value}`);
    if (each.blocking) parts.push("blocks");
    if (each.crosses) parts.push(`crosses warp groups (hand-off ${twill.cycles(each.handoff)})`);
    return parts.join(", ");
  }) : [OVERWRITES]);

  const drawEdge = (data, edge) => {
    const name = `${data.operations[edge.source].name} → ${data.operations[edge.target].name}`;
    const crosses = edge.dependences.some((number) => data.dependences[number].crosses);
    const group = twill.svg("g", {
      class: ["edge", edge.distance ? "carried" : "", edge.critical ? "critical" : "", crosses ? "crosses" : ""].join(" "),
    }, twill.svg("path", { class: "reach", d: curve(edge.points) }),
    twill.svg("path", { class: "line", d: curve(edge.points) }),
    twill.svg("path", { class: "head", d: head(edge.points) }));
    if (edge.distance) {
      const at = edge.points[Math.floor((edge.points.length - 1) / 2)];
      const next = edge.points[Math.floor((edge.points.length - 1) / 2) + 1];
      const [x, y] = [(at[0] + next[0]) / 2, (at[1] + next[1]) / 2];
      group.append(twill.svg("text", { class: "distance", x: x + 4, y: y + 4 }, `+${edge.distance}`));
    }
    group.edge = edge;
    group.addEventListener("pointermove", (event) => twill.showTooltip(event, name, edgeWords(data, edge).map((words) => [words])));
    group.addEventListener("pointerleave", twill.hideTooltip);
    return group;
  };

  const groupClass = (data, operation) => {
    const at = data.groups.findIndex((group) => group.name === operation.group);
    return at < 0 ? "" : `g${at % 8}`;
  };

  const nodeWords = (operation) => [
    operation.group ? ["warp group", operation.group] : ["not scheduled"],
    ...(operation.group ? [["stage, slot", `${operation.stage}, ${twill.number(operation.slot)}`]] : []),
    ["latency", twill.cycles(operation.latency)],
    ["issue cost", twill.cycles(operation.issue)],
    ...(operation.summary ? [[operation.summary]] : []),
  ];

  const drawNode = (data, at, selection) => {
    const operation = data.operations[at];
    const [x, y, width] = data.graph.nodes[at];
    const left = x - width / 2;
    const top = y - HEIGHT / 2;
    const critical = data.recurrence && data.recurrence.operations.includes(operation.name);
    const choose = () => selection.set(selection.operation === at ? null : at);
    const group = twill.svg("g", {
      class: `node ${groupClass(data, operation)}${critical ? " critical" : ""}`, tabindex: 0, role: "button",
      "aria-label": `${operation.name}, ${operation.group || "not scheduled"}${critical ? ", on the critical recurrence" : ""}`,
      onclick: choose,
      onpointermove: (event) => twill.showTooltip(event, operation.name, nodeWords(operation)),
      onpointerleave: twill.hideTooltip,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      },
    }, twill.svg("rect", { class: "box", x: left, y: top, width, height: HEIGHT, rx: 4 }),
    twill.svg("rect", { class: "side", x: left, y: top, width: 5, height: HEIGHT, rx: 2 }),
    twill.svg("text", { x: left + 13, y: y + 4 }, operation.name));
    if (operation.stage !== null) {
      group.append(twill.svg("text", { class: "stage", x: left + width - 8, y: y + 4 }, `s${operation.stage}`));
    }
    return group;
  };

  const legend = (data) => twill.html("div", { class: "legend" },
    data.groups.map((group, at) => twill.html("span", { class: "key" }, twill.html("i", { class: `swatch side g${at % 8}` }), group.name)),
    twill.html("span", { class: "key" }, twill.html("i", { class: "swatch line critical" }), "critical recurrence"),
    twill.html("span", { class: "key" }, twill.html("i", { class: "swatch line carried" }), "loop-carried, +distance"),
    data.groups.length ? twill.html("span", { class: "key" }, "s1: stage 1") : null);

  const sentence = (data) => {
    const found = data.recurrence;
    if (!found) return "No recurrence: no operation waits for itself of an earlier iteration.";
    const around = [...found.operations, found.operations[0]].join(" → ");
    return `Critical recurrence: ${around}; ${twill.cycles(found.latency_cycles)} over `
      + `${twill.plural(found.distance, "iteration")}, hence RecMII ${twill.number(found.bound)}.`;
  };

  const flags = (each) => [each.critical ? "critical" : "", each.blocking ? "blocks" : "",
    each.crosses ? "crosses" : "", each.in_place ? "in place" : ""].filter((word) => word).join(", ");

  const MOST_ROWS = 1000;

  const table = (data) => twill.html("details", data.graph ? null : { open: true },
    twill.html("summary", null, "The same as a table"),
    twill.table(["from", "to", "#latency", "#distance", "value", ""],
      data.dependences.slice(0, MOST_ROWS).map((each) => twill.html("tr", { class: each.critical ? "critical" : null },
        twill.html("td", null, data.operations[each.source].name), twill.html("td", null, data.operations[each.target].name),
        twill.html("td", { class: "n" }, twill.number(each.latency)), twill.html("td", { class: "n" }, twill.number(each.distance)),
        twill.html("td", null, each.value || ""), twill.html("td", null, flags(each)))), { class: "grid", label: "Dependences" }),
    data.dependences.length > MOST_ROWS ? twill.html("p", { class: "hint" }, `and ${data.dependences.length - MOST_ROWS} more`) : null);

  twill.graphView = (data, selection) => {
    const parts = [twill.html("p", { class: "lead" }, sentence(data))];
    if (data.graph) {
      const { width, height, edges } = data.graph;
      const drawnEdges = edges.map((edge) => drawEdge(data, edge));
      const nodes = data.operations.map((_, at) => drawNode(data, at, selection));
      const ordered = [...drawnEdges.filter((each) => !each.edge.critical), ...drawnEdges.filter((each) => each.edge.critical)];
      const svg = twill.svg("svg", { class: "graph", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Dependence graph" }, ordered, nodes);
      selection.watch(({ operation }) => {
        svg.classList.toggle("choosing", operation !== null);
        nodes.forEach((node, at) => node.classList.toggle("chosen", at === operation));
        for (const each of drawnEdges) {
          each.classList.toggle("chosen", each.edge.source === operation || each.edge.target === operation);
        }
      });
      parts.push(twill.html("div", { class: "graph-scroll" }, svg), legend(data));
    } else {
      parts.push(twill.html("p", { class: "empty" }, "There are too many operations to draw them; here they are listed."));
    }
    return twill.html("div", null, parts, table(data));
  };
})();
