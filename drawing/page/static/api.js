"use strict";
// The REST API of the service that served this page, and nothing else.
(() => {
  const KEY = "twill-key";

  // Kept while this tab is open, and sent nowhere but to this service.
  const key = {
    get: () => { try { return sessionStorage.getItem(KEY) || ""; } catch { return ""; } },
    set: (value) => { try { sessionStorage.setItem(KEY, value); } catch { /* for this page only */ } },
  };

  // An answer that is no success, in the form of RFC 9457.
  class Refusal extends Error {
    constructor(status, problem) {
      super(problem.detail || problem.title || `the service answered ${status}`);
      this.status = status;
      this.problem = problem;
    }
  }

  const headers = (more) => ({ ...(key.get() ? { Authorization: `Bearer ${key.get()}` } : {}), ...more });

  const request = async (method, path, { body, accept = "application/json", more = {}, signal } = {}) => {
    let response;
    try {
      response = await fetch(path, {
        method, signal, cache: "no-store",
        headers: headers({ Accept: accept, ...(body ? { "Content-Type": "application/json" } : {}), ...more }),
        body: body ? JSON.stringify(body) : undefined,
      });
    } catch (fault) {
      if (fault.name === "AbortError") throw fault;
      throw new Refusal(0, { detail: "The service cannot be reached." });
    }
    if (!response.ok) throw new Refusal(response.status, await problemOf(response));
    return response;
  };

  const problemOf = async (response) => {
    try {
      const problem = await response.json();
      return problem && typeof problem === "object" ? problem : {};
    } catch {
      return {};
    }
  };

  const json = async (method, path, options) => {
    const response = await request(method, path, options);
    return response.status === 204 ? null : response.json();
  };

  const job = (id) => `v1/schedules/${encodeURIComponent(id)}`;

  twill.api = {
    key, Refusal, request,
    solve: (wanted) => json("POST", "v1/schedules", { body: wanted, more: { "Idempotency-Key": crypto.randomUUID ? crypto.randomUUID() : String(Math.random()) } }),
    job: (id) => json("GET", job(id)),
    cancel: (id) => json("DELETE", job(id)),
    page: (id) => json("GET", `${job(id)}/page.json`),
    jobs: (after) => json("GET", `v1/schedules?limit=25${after ? `&after=${encodeURIComponent(after)}` : ""}`),
    events: (id, last, signal) => request("GET", `${job(id)}/events`, { accept: "text/event-stream", signal, more: last ? { "Last-Event-ID": String(last) } : {} }),
    kernels: () => json("GET", "v1/kernels"),
    kernel: async (name) => (await request("GET", `v1/kernels/${encodeURIComponent(name)}`, { accept: "application/yaml, text/plain" })).text(),
    profiles: () => json("GET", "v1/profiles"),
  };
})();
