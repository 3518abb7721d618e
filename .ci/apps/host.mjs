// The host's page: shows a view in a sandboxed frame, by the official host side
// of MCP Apps. Bundled for the browser.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

// The policy that the extension gives a view without one of its own.
const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'";

// What the view did: calls of tools, messages, context, links, sizes.
window.seen = { calls: [], messages: [], contexts: [], links: [], sizes: [], violations: [] };

// show shows a view with the answer of a call. window.callTool is the driver's.
window.show = async ({ html, input, result, context, capabilities }) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = "view";
  document.body.replaceChildren(frame);
  const bridge = new AppBridge(null, { name: "test host", version: "1" }, capabilities ?? { serverTools: {}, openLinks: {}, message: { text: {} }, updateModelContext: { text: {} } }, { hostContext: context });
  const seen = window.seen = { calls: [], messages: [], contexts: [], links: [], sizes: [] };
  bridge.oncalltool = async ({ name, arguments: args }) => {
    seen.calls.push({ name, args });
    return JSON.parse(await window.callTool(name, JSON.stringify(args ?? {})));
  };
  bridge.onmessage = async ({ content }) => (seen.messages.push(content[0].text), {});
  bridge.onupdatemodelcontext = async ({ content }) => (seen.contexts.push(content[0].text), {});
  bridge.onopenlink = async ({ url }) => (seen.links.push(url), {});
  bridge.onsizechange = ({ height }) => {
    seen.sizes.push(height);
    frame.style.height = `${height}px`;
  };
  const ready = new Promise((resolve) => { bridge.oninitialized = resolve; });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html.replace("<head>", `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`);
  await ready;
  await bridge.sendToolInput({ arguments: input });
  await bridge.sendToolResult(result);
  window.teardown = () => bridge.teardownResource({});
};
