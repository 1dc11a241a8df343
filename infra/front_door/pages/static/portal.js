// Only adds to pages that work without it: how many characters are left, and what changes while a page is open.
"use strict";
for (const area of document.querySelectorAll("textarea[data-count]")) {
  const line = document.createElement("p");
  line.className = "count";
  line.setAttribute("aria-live", "polite");
  const show = () => { line.textContent = area.value.length + " / " + area.dataset.count; };
  area.addEventListener("input", show);
  area.after(line);
  show();
}

const place = document.querySelector("[data-live]");
if (place && "EventSource" in window) {
  const news = document.querySelector("[data-changed]");
  const application = place.dataset.live.split("/").at(-2);
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) { return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (!fresh || fresh.dataset.version === place.dataset.version) { return; }
    const focused = place.contains(document.activeElement) && document.activeElement.getAttribute("href");
    place.replaceChildren(...fresh.childNodes);
    place.dataset.version = fresh.dataset.version;
    place.dataset.live = fresh.dataset.live;
    if (focused) { [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus(); }
    news.textContent = news.dataset.changed;
  };
  const listen = () => {
    const source = new EventSource(place.dataset.live);
    source.addEventListener("change", (event) => {
      if (JSON.parse(event.data).application_id === application) { refresh(); }
    });
    source.addEventListener("resync", refresh);
    // The session's next token opens the next stream.
    source.addEventListener("end", () => { source.close(); setTimeout(listen, 3000); });
  };
  listen();
}
