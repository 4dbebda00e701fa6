// As much of the frameworks as the programs of the documentation use.
declare module "next/headers" {
  export function headers(): Promise<Headers>;
}
declare module "next/navigation" {
  export function redirect(path: string): never;
}
declare module "hono" {
  interface Context {
    req: { raw: Request };
    get(name: string): unknown;
    set(name: string, value: unknown): void;
    header(name: string, value: string, options?: { append?: boolean }): void;
    json(value: unknown): Response;
  }
  type Handler = (c: Context, next: () => Promise<void>) => Response | void | Promise<Response | void>;
  export class Hono {
    use(path: string, handler: Handler): this;
    get(path: string, handler: Handler): this;
  }
}
