"use strict";
// The form: a kernel or graph document, a GPU, and what is wanted.
(() => {
  const START = "Paste a kernel.yaml or a graph here,\nor take one of the library.";

  const field = (label, control, hint) => twill.html("label", { class: "field" },
    twill.html("span", null, label), control, hint ? twill.html("small", null, hint) : null);

  twill.SolveForm = class {
    constructor(onAccepted) {
      this.onAccepted = onAccepted;
      this.text = twill.html("textarea", { id: "document", rows: 26, spellcheck: "false", autocomplete: "off", placeholder: START, "aria-label": "Document", required: true });
      this.kernel = twill.html("select", { id: "library" }, twill.html("option", { value: "" }, "…"));
      this.gpu = twill.html("select", { id: "gpu" }, twill.html("option", { value: "" }, "default: h100-sxm"));
      this.limit = twill.html("input", { id: "limit", type: "number", min: 1, max: 86400, placeholder: "none" });
      this.top = twill.html("input", { id: "top", type: "number", min: 1, max: 100, value: 1 });
      this.prove = twill.html("input", { id: "prove", type: "checkbox" });
      this.faults = twill.html("div", { class: "faults", role: "alert" });
      this.button = twill.html("button", { type: "submit", class: "main" }, "Solve");
      this.element = twill.html("form", { class: "solve", onsubmit: (event) => this.submit(event) },
        twill.html("div", { class: "document" },
          twill.html("div", { class: "document-head" }, twill.html("h2", null, "Document"), field("from the library", this.kernel)), this.text, this.faults),
        twill.html("div", { class: "wanted" }, twill.html("h2", null, "Wanted"),
          field("GPU", this.gpu), field("time limit, seconds", this.limit, "the best schedule so far is kept"),
          field("strategies", this.top, "different ones of equal II"),
          twill.html("label", { class: "check" }, this.prove, twill.html("span", null, "every backend excludes II\u00a0−\u00a01 by itself")),
          this.button, twill.html("small", null, "or Ctrl + Enter")));
      this.kernel.addEventListener("change", () => this.take());
      this.text.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
      });
    }

    async fill() {
      try {
        const [kernels, profiles] = await Promise.all([twill.api.kernels(), twill.api.profiles()]);
        const option = (entry) => twill.html("option", { value: entry.name, title: entry.summary || null }, entry.name);
        this.kernel.append(...kernels.items.map(option));
        this.gpu.append(...profiles.items.map(option));
        this.say([]);
      } catch (fault) {
        this.refused(fault);
      }
    }

    async take() {
      if (!this.kernel.value) return;
      try {
        this.text.value = await twill.api.kernel(this.kernel.value);
        this.say([]);
      } catch (fault) {
        this.refused(fault);
      }
    }

    async submit(event) {
      event.preventDefault();
      if (!this.text.value.trim()) {
        this.say([twill.html("p", null, "There is no document yet.")]);
        this.text.focus();
        return;
      }
      this.button.disabled = true;
      this.say([]);
      try {
        const accepted = await twill.api.solve(this.wanted());
        this.onAccepted(accepted);
      } catch (fault) {
        this.refused(fault);
      } finally {
        this.button.disabled = false;
      }
    }

    wanted() {
      return {
        document: this.text.value,
        ...(this.gpu.value ? { gpu: this.gpu.value } : {}),
        ...(this.limit.value ? { time_limit: Number(this.limit.value) } : {}),
        ...(Number(this.top.value) > 1 ? { top: Number(this.top.value) } : {}),
        ...(this.prove.checked ? { prove: true } : {}),
      };
    }

    refused(fault) {
      if (!(fault instanceof twill.api.Refusal)) throw fault;
      if (fault.status === 401 || fault.status === 403) twill.askForKey();
      const problems = fault.problem.problems || [];
      this.say(problems.length ? problems.map((problem) => this.problem(problem)) : [twill.html("p", null, fault.message)]);
    }

    problem(problem) {
      const place = [problem.line, problem.column].filter((part) => part).join(":");
      return twill.html("p", null,
        place ? twill.html("button", { type: "button", class: "op", onclick: () => this.go(problem.line, problem.column || 1) }, `line ${place}`) : null,
        " ", problem.message, problem.cure ? twill.html("small", null, problem.cure) : null);
    }

    say(parts) { this.faults.replaceChildren(...parts); }

    // Puts the cursor where a problem is.
    go(line, column) {
      const lines = this.text.value.split("\n");
      const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
      this.text.focus();
      this.text.setSelectionRange(before + column - 1, before + (lines[line - 1] || "").length);
      this.text.scrollTop = (line - 4) * this.text.scrollHeight / Math.max(lines.length, 1);
    }
  };
})();
