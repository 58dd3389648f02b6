// Draws what stands in <pre class="mermaid">, in the colours of the page. Where it fails, the text stays.
/* global mermaid */
const isDark =
  document.body.dataset.theme === "dark" ||
  (document.body.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);

mermaid.initialize({
  securityLevel: "strict",
  startOnLoad: true,
  theme: isDark ? "dark" : "default",
});
