"use strict";
// The page as one file: what it shows lies in the file itself.
(() => {
  const data = JSON.parse(document.getElementById("twill-data").textContent);
  document.body.append(
    twill.html("header", { class: "top" }, twill.html("span", { class: "brand" }, twill.mark(), "Twill"),
      twill.html("span", { class: "spring" }), twill.themeButton()),
    twill.schedulesView(data.schedules, { comparing: data.comparing }));
})();
