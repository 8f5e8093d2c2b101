// The CSP build of Alpine.js ships no types; these are the parts used here.
declare module "@alpinejs/csp" {
  type Categories = ReturnType<typeof import("./categories").categoryStore>;

  interface Alpine {
    data(name: string, component: (...given: never[]) => object): void;
    store(name: "categories", value: Categories): void;
    store(name: "categories"): Categories;
    start(): void;
  }

  const alpine: Alpine;
  export default alpine;
}
