/** The anchor of a heading, as GitHub makes it. */
export function anchorOf(heading) {
  const bare = heading
    .toLowerCase()
    .trim()
    .replace(/[^\p{Letter}\p{Number}_ -]/gu, "");
  return bare.replaceAll(" ", "-");
}
