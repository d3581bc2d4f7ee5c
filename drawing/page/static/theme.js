"use strict";
// Light or dark as the system prefers, until somebody chooses; the choice is remembered if it can be.
(() => {
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem("twill-theme"); } catch { return null; }
  };
  const remember = (theme) => {
    try { localStorage.setItem("twill-theme", theme); } catch { /* a file may have no storage */ }
  };
  const dark = () => (root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches);

  if (["dark", "light"].includes(stored())) root.dataset.theme = stored();

  twill.themeButton = () => {
    const button = twill.html("button", { type: "button", class: "quiet theme" });
    const label = () => {
      button.textContent = dark() ? "Light" : "Dark";
      button.setAttribute("aria-label", `Use ${dark() ? "light" : "dark"} colours`);
    };
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      remember(root.dataset.theme);
      label();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
    label();
    return button;
  };
})();
