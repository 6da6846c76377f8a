"use strict";
// Addresses of a report that was one page: each leads to the page of its service.
(() => {
  const follow = () => {
    const [place, query] = location.hash.split("?");
    const simulated = place === "#simulate" ? new URLSearchParams(query ?? "").get("slo") : null;
    const service = simulated?.split("/")[0] ?? /^#(?:service|slo)_([^_]+)/.exec(place)?.[1];
    if (!service || !/^[a-z0-9-]+$/.test(service)) return;
    location.replace((service === "index" ? "index_" : service) + ".html" + location.hash);
  };
  addEventListener("hashchange", follow);
  follow();
})();
