/* What the kit's pages do in the browser. Strict CSP: no inline handlers, so everything listens here.
   It must never show a failed part as empty, and never fetch from another host (htmx: selfRequestsOnly). */
(function () {
  "use strict";

  const meta = (name) => document.querySelector('meta[name="' + name + '"]')?.content || "";
  const picture = (name) => document.getElementById("picture-" + name).content.cloneNode(true);
  const pictureOf = { 401: "expired", 403: "forbidden", 404: "forbidden" };

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = meta("csrf-token");
  });

  /* A part that failed says so in its place; a live bar says it is retrying; a deed that failed is told above. */
  function failed(event) {
    const from = event.detail.elt;
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (from.matches(".progress")) return from.classList.add("stalled");
    if (from.matches("[data-part]")) {
      from.replaceChildren(picture(pictureOf[status] || "failed"));
      verdict(from, status);
      if (from.dataset.mergePart) from.querySelector("strong")?.prepend(from.dataset.mergePart + " · ");
      from.setAttribute("aria-busy", "false");
      return settle(from);
    }
    document.getElementById("notices").replaceChildren(picture(status === 401 ? "expired" : "not-done"));
  }
  /* A part that sums itself up elsewhere (data-verdict) cannot when it failed: the page says it for it. */
  function verdict(part, status) {
    const line = document.getElementById(part.dataset.verdict);
    if (line) line.replaceChildren(picture(pictureOf[status] || "no-answer"));
  }
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, failed));

  document.addEventListener("click", (event) => {
    const part = event.target.closest("[data-retry]")?.closest("[data-part]");
    if (!part) return;
    part.replaceChildren(picture("loading"));
    part.setAttribute("aria-busy", "true");
    htmx.trigger(part, "retry");
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const part = event.detail.target;
    if (!part.matches("[data-part]")) return;
    part.setAttribute("aria-busy", "false");
    settle(part);
  });

  /* The lines of several services in one timeline, newest first; machine times sort as text. */
  function settle(part) {
    const whole = part.closest("[data-merge]");
    if (!whole) return;
    const into = whole.querySelector("[data-merge-into]");
    const name = part.dataset.mergePart;
    const fresh = [...part.querySelectorAll(".timeline > li")];
    if (fresh.length || part.querySelector(".picture.empty")) {
      into.querySelectorAll(":scope > li").forEach((line) => line.dataset.from === name && line.remove());
      part.replaceChildren();
    }
    fresh.forEach((line) => (line.dataset.from = name));
    into.append(...fresh);
    const lines = [...into.children].sort((a, b) => (a.dataset.at < b.dataset.at ? 1 : a.dataset.at > b.dataset.at ? -1 : 0));
    into.replaceChildren(...lines);
    htmx.process(into);
    const parts = [...whole.querySelectorAll("[data-merge-part]")];
    const sure = parts.every((one) => one.getAttribute("aria-busy") === "false" && !one.querySelector(".picture"));
    whole.querySelector("[data-merge-empty]").hidden = !(sure && lines.length === 0);
  }

  /* One press is enough: the button shows that it works, until the next page is there. */
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.matches("[hx-post], [hx-get]")) return;
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button) setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
    document.querySelectorAll("button[aria-busy=true]").forEach((button) => {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    });
  });
})();
