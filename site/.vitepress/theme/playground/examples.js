/** The programs to choose from: files that are compiled and run by the tests. */
const files = import.meta.glob("../../../playground/examples/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const examples = Object.entries(files).map(([path, text]) => {
  // The comment at the end is what the test expects, and the reader sees it by a click.
  const [program] = text.split("\n// Prints:");
  const [, title] = /^\/\/ (.+)$/m.exec(program);
  return { id: /(\d+-)?([\w-]+)\.ts$/.exec(path)[2], title, text: `${program.trimEnd()}\n` };
});
