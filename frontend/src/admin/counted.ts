/** "1 video", "1,200 videos". */
export function counted(number: number, unit: string): string {
  return `${number.toLocaleString("en-GB")} ${unit}${number === 1 ? "" : "s"}`;
}
