"use strict";
// The bridge to the host: JSON-RPC 2.0 by postMessage (MCP Apps, 2026-01-26).
// What comes from a library is put into the page as text, never as HTML.
const host = (() => {
  const waiting = new Map();
  let last = 0;
  let can = {};
  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const notify = (method, params = {}) => post({ method, params });
  const request = (method, params = {}) => new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, { resolve, reject });
    post({ id, method, params });
  });
  const state = { input: {}, onResult: () => {} };

  const dress = (context) => {
    if (!context) return;
    const root = document.documentElement;
    if (context.theme === "light" || context.theme === "dark") root.dataset.theme = context.theme;
    for (const [name, value] of Object.entries(context.styles?.variables ?? {})) {
      if (/^--[a-z0-9-]+$/.test(name) && typeof value === "string") root.style.setProperty(name, value);
    }
  };

  const show = (result) => {
    if (result?.isError) failed(textOf(result));
    else if (result?.structuredContent) state.onResult(result.structuredContent);
    else failed("The answer has nothing that this view can show.");
  };

  const notified = {
    "ui/notifications/tool-input": (p) => { state.input = p?.arguments ?? {}; },
    "ui/notifications/tool-result": show,
    "ui/notifications/tool-cancelled": () => failed("The call was cancelled."),
    "ui/notifications/host-context-changed": dress,
  };

  window.addEventListener("message", (event) => {
    const m = event.data;
    if (event.source !== window.parent || m?.jsonrpc !== "2.0") return;
    if (m.method === undefined) {
      const w = waiting.get(m.id);
      waiting.delete(m.id);
      if (w) m.error ? w.reject(new Error(String(m.error.message))) : w.resolve(m.result);
    } else if (m.id === undefined) {
      notified[m.method]?.(m.params);
    } else if (m.method === "ping" || m.method === "ui/resource-teardown") {
      post({ id: m.id, result: {} });
    } else {
      post({ id: m.id, error: { code: -32601, message: "unknown method" } });
    }
  });

  const reportSize = () => {
    const root = document.documentElement;
    notify("ui/notifications/size-changed", { width: Math.ceil(root.scrollWidth), height: Math.ceil(document.body.getBoundingClientRect().height) });
  };

  return {
    // start begins the conversation; onResult is given each structured answer.
    async start(name, onResult) {
      state.onResult = onResult;
      const init = await request("ui/initialize", {
        appInfo: { name: `stackroom-${name}`, version: "1" }, appCapabilities: { availableDisplayModes: ["inline"] }, protocolVersion: "2026-01-26",
      });
      can = init?.hostCapabilities ?? {};
      dress(init?.hostContext);
      notify("ui/notifications/initialized");
      new ResizeObserver(reportSize).observe(document.body);
    },
    // input is the arguments of the call whose answer is shown.
    get input() { return state.input; },
    get callsTools() { return Boolean(can.serverTools); },
    get opensLinks() { return Boolean(can.openLinks); },
    get takesMessages() { return Boolean(can.message); },
    // call calls a tool and returns its structured answer.
    async call(tool, args) {
      const result = await request("tools/call", { name: tool, arguments: args });
      if (result?.isError || !result?.structuredContent) throw new Error(textOf(result) || "the tool gave no answer");
      return result.structuredContent;
    },
    open: (url) => request("ui/open-link", { url }),
    // say puts a message of the user into the conversation.
    say: (text) => request("ui/message", { role: "user", content: [{ type: "text", text }] }),
    // tell lets the assistant know what the user did in the view. Hosts that
    // can't do that refuse; the view works without.
    tell(text) {
      if (can.updateModelContext) request("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {});
    },
  };
})();

const textOf = (result) => (result?.content ?? []).filter((c) => c.type === "text").map((c) => c.text).join("\n");

// el returns an element. Texts among the children become text nodes.
const el = (tag, props = {}, ...children) => {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") e.addEventListener(name, value);
    else if (typeof value === "boolean") e[name] = value;
    else if (value !== undefined) e.setAttribute(name, value);
  }
  e.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== "").map((c) => (c instanceof Node ? c : document.createTextNode(String(c)))));
  return e;
};

const view = document.getElementById("view");
const fill = (...children) => view.replaceChildren(...children.flat().filter(Boolean));
const failed = (text) => fill(el("p", { role: "alert" }, text));

// label returns the name of a field as words: "publication title", "DOI".
const label = (name) => (/[a-z]/.test(name) ? name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase() : name);

// list returns children in an element, or nothing if there are none.
const list = (tag, items, show) => (items?.length ? el(tag, {}, items.map(show)) : undefined);
const notices = (texts) => (texts?.length ? el("ul", { class: "notices" }, texts.map((t) => el("li", {}, t))) : undefined);

// link returns a title that opens a web page, if the host opens any.
const link = (text, url) => (host.opensLinks && /^https?:\/\//.test(url ?? "")
  ? el("button", { type: "button", class: "link", click: () => host.open(url).catch(() => {}) }, text) : el("span", {}, text));

// action returns a button that is off while it works, and says what went wrong.
const action = (text, work, kind = "") => {
  const button = el("button", { type: "button", class: kind, click: async () => {
    button.disabled = true;
    button.parentElement.querySelector("[role=alert]")?.remove();
    try {
      await work();
    } catch (e) {
      button.after(el("span", { role: "alert" }, e.message));
    }
    button.disabled = false;
  } }, text);
  return button;
};
