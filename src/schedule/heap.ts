/** A binary min-heap of (due, item): what is due next is at the top. */
export class DueHeap<T> {
  readonly #due: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): { due: number; item: T } | null {
    return this.#items.length === 0 ? null : { due: this.#due[0] as number, item: this.#items[0] as T };
  }

  push(due: number, item: T): void {
    let index = this.#items.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if ((this.#due[parent] as number) <= due) break;
      this.#set(index, this.#due[parent] as number, this.#items[parent] as T);
      index = parent;
    }
    this.#set(index, due, item);
  }

  pop(): T | null {
    const top = this.#items[0];
    if (top === undefined) return null;
    const due = this.#due.pop() as number;
    const item = this.#items.pop() as T;
    const size = this.#items.length;
    if (size === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && (this.#due[child + 1] as number) < (this.#due[child] as number)) child++;
      if ((this.#due[child] as number) >= due) break;
      this.#set(index, this.#due[child] as number, this.#items[child] as T);
      index = child;
    }
    this.#set(index, due, item);
    return top;
  }

  #set(index: number, due: number, item: T): void {
    this.#due[index] = due;
    this.#items[index] = item;
  }
}
