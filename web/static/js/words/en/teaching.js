// Words of the teacher and the learners in a lesson, in English.

export {};
