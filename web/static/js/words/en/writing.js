// Words of writing, feedback and closing, in English.

export {};
