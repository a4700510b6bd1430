// Words of writing, feedback and closing, in German.

export {};
