"use strict";
// Turns the still picture into a scene that can be turned; where that cannot run, the picture stays.
(function () {
  const section = document.getElementById("solid");
  const still = section.querySelector(".still"), live = section.querySelector(".live");
  const box = document.getElementById("scene");
  const probe = document.createElement("canvas");
  if (!(probe.getContext("webgl2") || probe.getContext("webgl"))) return;
  const show = (on) => { live.hidden = !on; still.classList.toggle("behind", on); };
  const eyes = { front: [0, -1, 0], back: [0, 1, 0], left: [1, 0, 0], right: [-1, 0, 0], top: [0, -0.02, 1] };
  let distance = 1.9, eye = eyes.front;
  const look = () => Plotly.relayout(box, { "scene.camera.eye":
    { x: eye[0] * distance, y: eye[1] * distance, z: eye[2] * distance }, "scene.camera.center": { x: 0, y: 0, z: 0 },
    "scene.camera.up": { x: 0, y: 0, z: 1 } });
  const begin = () => {
    const figure = JSON.parse(document.getElementById("scene-data").textContent);
    show(true);
    Plotly.newPlot(box, figure.data, figure.layout,
      { responsive: true, displayModeBar: false, scrollZoom: false, displaylogo: false })
      .then(() => box.querySelectorAll("canvas").forEach((c) =>
        c.addEventListener("webglcontextlost", () => show(false))))
      .catch(() => show(false));
  };
  section.querySelectorAll("button[data-eye]").forEach((button) => button.addEventListener("click", () => {
    eye = eyes[button.dataset.eye]; look(); }));
  section.querySelectorAll("button[data-step]").forEach((button) => button.addEventListener("click", () => {
    distance = Math.min(4, Math.max(0.5, distance * Number(button.dataset.step)));
    const now = box.layout.scene.camera.eye, length = Math.hypot(now.x, now.y, now.z);
    eye = [now.x / length, now.y / length, now.z / length]; look(); }));
  const inlays = section.querySelectorAll("button[data-inlay]");
  inlays.forEach((button) => button.addEventListener("click", () => {
    const name = button.dataset.inlay;
    inlays.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    box.data.forEach((mesh, at) => {
      if (mesh.meta === "glass") // opacities and colours as in surfaces3d.py
        Plotly.restyle(box, { opacity: name ? 0.35 : 1, color: name ? "#d8cdb6" : "#e0962e" }, [at]);
      else if (mesh.meta) Plotly.restyle(box, { visible: mesh.meta === name }, [at]);
    });
  }));
  try { begin(); } catch (fault) { show(false); }
})();
