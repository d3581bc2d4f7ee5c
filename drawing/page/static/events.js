"use strict";
// Server-sent events by fetch, which unlike EventSource can send an Authorization header.
(() => {
  const LONGEST_PAUSE = 8000;

  // Calls onEvent with each JobEvent once, in order, over broken connections, until the last one.
  twill.watchEvents = async (id, onEvent, signal) => {
    let last = 0;
    let pause = 500;
    while (!signal.aborted) {
      try {
        const response = await twill.api.events(id, last, signal);
        for await (const event of messages(response.body)) {
          if (event.sequence <= last) continue;
          last = event.sequence;
          pause = 500;
          onEvent(event);
          if (event.kind === "ended") return;
        }
      } catch (fault) {
        if (signal.aborted) return;
        if (fault.status >= 400 && fault.status < 500 && fault.status !== 429) throw fault;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  };

  async function* messages(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value.replaceAll("\r\n", "\n");
      const parts = text.split("\n\n");
      text = parts.pop();
      for (const part of parts) {
        const data = part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
        if (data) yield JSON.parse(data);
      }
    }
  }
})();
