// Words of the one who leads, in English.

export {};
