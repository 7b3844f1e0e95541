// What the linter holds the JavaScript to. The two bounds are today's largest functions: they may only fall.

import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    languageOptions: { globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      complexity: ["error", 20],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "max-lines-per-function": ["error", { max: 127, skipComments: true }],
    },
  },
  { files: ["tests/**"], languageOptions: { globals: globals.node } },
];
