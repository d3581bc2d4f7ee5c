"use strict";
// Source texts beside each other, their lines linked with the operations that they became.
(() => {
  const WORDS = {
    yaml: /(#.*$)|\b(for|in|range|load|store|reduce_add|dot|exp2|log2|maximum|minimum|max|sum|full|zeros|arange|where|cdiv|to)\b/g,
    cuda: /(\/\/.*$)|\b(__device__|__forceinline__|__global__|extern|const|constexpr|typedef|struct|template|unsigned|int|float|u8|u16|u32|u64|void|bool|if|else|for|return|asm|volatile)\b|(#\w+.*$)/g,
  };

  const painted = (text, language) => {
    const parts = [];
    let at = 0;
    for (const match of text.matchAll(WORDS[language])) {
      parts.push(text.slice(at, match.index));
      parts.push(twill.html("span", { class: match[1] ? "comment" : match[3] ? "directive" : "word" }, match[0]));
      at = match.index + match[0].length;
    }
    parts.push(text.slice(at));
    return parts.filter((part) => part !== "");
  };

  // owners: for each line (from 1), operations that it belongs to.
  const listing = (text, language, owners, selection, label) => {
    const lines = text.split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    const rows = lines.map((line, index) => {
      const mine = owners.get(index + 1) || [];
      const row = twill.html("div", { class: mine.length ? "line owned" : "line" },
        twill.html("span", { class: "at", "aria-hidden": "true" }, index + 1),
        twill.html("span", { class: "text" }, painted(line, language)));
      row.owners = mine;
      if (mine.length) row.addEventListener("click", () => choose(selection, mine));
      return row;
    });
    const box = twill.html("div", { class: "code", tabindex: 0, role: "group", "aria-label": label });
    box.rows = rows;
    return box;
  };

  const choose = (selection, mine) => {
    if (String(getSelection()) !== "") return; // text is being marked
    const next = mine[(mine.indexOf(selection.operation) + 1) % mine.length];
    selection.set(mine.length === 1 && selection.operation === next ? null : next);
  };

  // acc[0] and acc[1] as one: acc [0] [1].
  const families = (data, owners) => {
    const found = new Map();
    for (const at of owners) {
      const { name } = data.operations[at];
      const base = name.replace(/\[[0-9]+\]/, "");
      found.set(base, [...(found.get(base) || []), [at, name.match(/\[[0-9]+\]/)?.[0]]]);
    }
    return [...found].map(([base, members]) => (members.every((member) => member[1]) ? [base, members] : ["", members.map(([at]) => [at, data.operations[at].name])]));
  };

  const chip = (data, at, text, selection) => twill.html("button", {
    type: "button", class: "op", "data-operation": at, "aria-label": data.operations[at].name,
    onclick: (event) => { event.stopPropagation(); selection.set(selection.operation === at ? null : at); },
  }, text);

  const kernelPane = (data, selection) => {
    const owners = new Map();
    data.operations.forEach((operation, at) => {
      if (operation.line) owners.set(operation.line, [...(owners.get(operation.line) || []), at]);
    });
    const box = listing(data.sources.kernel, "yaml", owners, selection, "Kernel document");
    box.append(...box.rows);
    for (const row of box.rows) {
      if (row.owners.length) {
        row.append(twill.html("span", { class: "chips" }, families(data, row.owners).map(([base, members]) =>
          twill.html("span", null, base, members.map(([at, rest]) => chip(data, at, rest, selection))))));
      }
    }
    return pane(data.sources.kernel_is_graph ? "Graph document" : "Kernel document", null, box, selection);
  };

  const cudaPane = (data, selection) => {
    const owners = new Map();
    for (const [first, last, at] of data.cuda_links) {
      for (let line = first; line <= last; line += 1) owners.set(line, [at]);
    }
    const box = listing(data.sources.cuda, "cuda", owners, selection, "CUDA source");
    const lines = data.sources.cuda.split("\n");
    const entry = Math.max(lines.findIndex((line) => line.startsWith('extern "C" __global__')), 0);
    const opening = Math.max(lines.findIndex((line) => line.startsWith("typedef ")), 0);
    const helpers = twill.html("details", { class: "helpers" },
      twill.html("summary", null, `${entry - opening} lines of device functions and addresses`),
      box.rows.slice(opening, entry));
    box.append(...box.rows.slice(0, opening), ...(entry > opening ? [helpers] : []), ...box.rows.slice(Math.max(entry, opening)));
    const places = placesOf(data.cuda_links);
    return pane("CUDA source", stepper(data, places, box, selection), box, selection);
  };

  const placesOf = (links) => {
    const found = new Map();
    for (const [first, , at] of links) found.set(at, [...(found.get(at) || []), first]);
    return found;
  };

  // "2 of 6": the places of the chosen operation, one after the other.
  const stepper = (data, places, box, selection) => {
    const said = twill.html("span", { class: "reading" });
    let shown = 0;
    const go = (step) => {
      const mine = places.get(selection.operation) || [];
      if (!mine.length) return;
      shown = (shown + step + mine.length) % mine.length;
      said.textContent = `${data.operations[selection.operation].name}: place ${shown + 1} of ${mine.length}`;
      bring(box, box.rows[mine[shown] - 1]);
    };
    const button = (text, label, step) =>
      twill.html("button", { type: "button", class: "quiet", "aria-label": label, onclick: () => go(step) }, text);
    selection.watch(({ operation }) => {
      shown = 0;
      said.textContent = operation === null ? "choose a line or an operation" : `${data.operations[operation].name}: no lines of its own`;
      go(0);
    });
    return twill.html("span", { class: "stepper" }, said, button("↑", "Place before", -1), button("↓", "Next place", 1));
  };

  const bring = (box, row) => {
    if (!row) return;
    const [outer, inner] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
    if (outer.height) box.scrollTop += inner.top - outer.top - outer.height / 4;
  };

  const pane = (title, extra, box, selection) => {
    selection.watch(({ operation }) => {
      for (const row of box.rows) row.classList.toggle("chosen", operation !== null && row.owners.includes(operation));
      for (const chip of box.querySelectorAll(".chips .op")) {
        chip.setAttribute("aria-pressed", String(Number(chip.dataset.operation) === operation));
      }
      bring(box, box.rows.find((row) => row.classList.contains("chosen")));
    });
    return twill.html("section", { class: "pane" },
      twill.html("header", null, twill.html("h3", null, title), extra), box);
  };

  const missingCuda = (data) => twill.html("section", { class: "pane" },
    twill.html("header", null, twill.html("h3", null, "CUDA source")),
    twill.html("p", { class: "empty" }, data.sources.kernel_is_graph
      ? "A graph document has no program, hence no CUDA source."
      : ["No CUDA source is given. ", twill.html("code", null, "twill emit SCHEDULE -o bundle"),
        " makes it; ", twill.html("code", null, "twill show SCHEDULE --format html --cuda bundle/kernel.cu"), " shows it here."]));

  const panes = (data, selection) => twill.html("div", { class: "panes" },
    data.sources.kernel ? kernelPane(data, selection)
      : twill.html("section", { class: "pane" }, twill.html("header", null, twill.html("h3", null, "Kernel document")),
        twill.html("p", { class: "empty" }, "This schedule was stored without its texts; ",
          twill.html("code", null, "twill solve KERNEL -o schedule.json"), " keeps them.")),
    data.sources.cuda ? cudaPane(data, selection) : missingCuda(data));

  twill.sourceView = (data, selection) => {
    const element = panes(data, selection);
    element.shown = () => {
      for (const box of element.querySelectorAll(".code")) bring(box, box.querySelector(".line.chosen"));
    };
    return element;
  };
})();
