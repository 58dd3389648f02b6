// Before anything is drawn: the theme that was chosen on this device, so that no page flashes.
try {
  const theme = localStorage.getItem("parley-here/theme");
  if (theme === "light" || theme === "dark") document.documentElement.style.colorScheme = theme;
} catch {
  // Storing is forbidden here: nothing was chosen.
}
