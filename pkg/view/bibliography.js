// Styles that are built in; the one of the answer comes first.
const styles = {
  apa: "APA", mla: "MLA", "chicago-author-date": "Chicago (author and date)", "chicago-notes": "Chicago (notes)", harvard: "Harvard", ieee: "IEEE", vancouver: "Vancouver", nature: "Nature", ama: "AMA", acm: "ACM",
};

const copy = async (e, said) => {
  const range = document.createRange();
  range.selectNodeContents(e);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  try {
    await navigator.clipboard.writeText(e.innerText);
    said.textContent = "Copied.";
  } catch {
    said.textContent = "Selected: copy it with the keyboard.";
  }
};

const render = (answer, chosen) => {
  const text = el("div", { id: "text", tabindex: "0", role: "region", "aria-label": "Bibliography" },
    (answer.citations ?? []).map((c) => el("p", { class: "text" }, c)), (answer.bibliography ?? []).map((b) => el("p", { class: "text" }, b.text)));
  const said = el("span", { class: "soft", role: "status" });
  const current = chosen ?? host.input.style ?? "";
  const choice = el("select", { id: "style", change: async (e) => {
    const style = e.target.value;
    e.target.disabled = true;
    try {
      const input = { ...host.input, style };
      delete input.cursor;
      render(await host.call("cite", input), style);
      host.tell(`The user switched the bibliography to the style ${style}.`);
      document.getElementById("style").focus();
    } catch (error) {
      said.textContent = error.message;
      e.target.disabled = false;
    }
  } }, current && !styles[current] ? el("option", { value: current, selected: true }, answer.style) : undefined,
  current ? undefined : el("option", { value: "apa", selected: true }, answer.style),
  Object.entries(styles).filter(([id]) => current || id !== "apa").map(([id, name]) => el("option", { value: id, selected: id === current }, name)));
  fill(
    el("h1", {}, "Bibliography"),
    el("div", { class: "bar" }, host.callsTools ? [el("label", { for: "style" }, "Style"), choice] : el("span", { class: "soft" }, answer.style),
      action("Copy", () => copy(text, said), "plain"), said),
    text,
    answer.missing?.length ? el("p", { class: "soft" }, `Not found: ${answer.missing.join(", ")}`) : undefined,
    notices(answer.notices));
};

host.start("bibliography", render);
