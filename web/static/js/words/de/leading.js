// Words of the one who leads, in German.

export {};
