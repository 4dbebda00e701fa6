import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The page and the API share an origin, as behind a proxy. LATCHKEY_ALLOWED_ORIGINS is the other way.
  server: { proxy: { "/graphql": "http://localhost:8080" } },
});
