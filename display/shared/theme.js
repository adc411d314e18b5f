// Light or dark: the device decides, unless the address says `?theme=`.

const asked = new URLSearchParams(location.search).get("theme");
if (asked === "light" || asked === "dark") document.documentElement.dataset.theme = asked;
