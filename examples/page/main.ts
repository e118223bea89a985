/** The page's script: a fiber for each pixel, one that counts, and a button that ends and starts them all. */
import { daemon, every, main, once, race, scope, sleep, spawn } from "fibril";

const screen = document.querySelector("canvas")!;
const button = document.querySelector("button")!;
const context = screen.getContext("2d")!;
const image = context.createImageData(screen.width, screen.height);
const pixels = new Uint32Array(image.data.buffer);
const COLOURS = [0xff2e1f0b, 0xff6e4b1f, 0xffb5843a, 0xffe3c27a, 0xfff8ecd2] as const;
const count = { fibers: 0, wakes: 0, frames: 0, longest: 0 };
let lastFrame = performance.now();

function* pixel(at: number) {
  count.fibers++;
  try {
    for (let n = at; ; n++) {
      pixels[at] = COLOURS[n % COLOURS.length]!;
      yield* sleep(Math.random() * 10_000);
      count.wakes++;
    }
  } finally {
    count.fibers--;
  }
}

/** Frames are the browser's: it draws when it comes to it, and that is what is measured. */
function draw(time: number): void {
  count.frames++;
  count.longest = Math.max(count.longest, time - lastFrame);
  lastFrame = time;
  context.putImageData(image, 0, 0);
  requestAnimationFrame(draw);
}

function show(): void {
  const text = (id: string, value: string) => (document.getElementById(id)!.textContent = value);
  text("fibers", count.fibers.toLocaleString("en"));
  text("rate", count.wakes.toLocaleString("en"));
  text("frames", String(count.frames));
  text("longest", `${Math.round(count.longest)} ms`);
  count.wakes = count.frames = count.longest = 0;
}

requestAnimationFrame(draw);
await main(function* page() {
  daemon("counter", () =>
    every(1_000, function* () {
      show();
    }),
  );
  for (;;) {
    yield* race([
      () => once(button, "click"),
      () =>
        scope(function* () {
          for (let at = 0; at < pixels.length; at++) spawn(pixel, at);
        }),
    ]);
    button.textContent = "Start";
    show();
    yield* once(button, "click");
    button.textContent = "Stop";
  }
});
