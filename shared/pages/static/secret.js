/* Makes the secret of an inspection in the inspector's own browser: 128 bits by chance, shown to be written down. Only its
   SHA-256 goes into the form. It must never send, store or remember the secret: who knows it before the draw could steer it. */
(function () {
  "use strict";

  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const form = document.querySelector("form[data-secret]");
  if (!form) return;
  const button = form.querySelector("[data-secret-make]");
  const shown = form.querySelector("[data-secret-shown]");
  const field = form.querySelector("[name=commitment]");
  if (!window.crypto || !crypto.subtle) {
    form.querySelector("[data-secret-none]").hidden = false; // no HTTPS: the browser lends no SHA-256
    return;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    const secret = crypto.getRandomValues(new Uint8Array(16));
    field.value = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", secret)));
    field.readOnly = true;
    shown.textContent = hex(secret).match(/.{4}/g).join("-");
    form.querySelector("[data-secret-told]").hidden = false;
  });
})();
