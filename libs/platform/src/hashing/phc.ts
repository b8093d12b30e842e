import type { HashRecipe } from './password-hasher.ts';

/** A recipe text that is not exactly what `recipeText` writes, or that would cost too much to follow. */
export class RecipeRefused extends Error {
  override readonly name = 'RecipeRefused';

  constructor(readonly reason: 'malformed' | 'out-of-bounds') {
    super(`A password hash recipe was refused: ${reason}.`);
  }
}

/** What a stored recipe may ask for. Wide enough for imported hashes, far below what would stall the service. */
const RECIPE_BOUNDS = {
  memoryKib: { min: 8, max: 131_072 },
  passes: { min: 1, max: 10 },
  lanes: { min: 1, max: 8 },
  saltBytes: { min: 8, max: 64 },
  /** Memory times passes: seven times the cost of our own recipe. */
  work: 272_384,
} as const;

const RECIPE = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{2,88})$/;

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>`: the PHC string without its hash, base64 without padding. */
export function recipeText(recipe: HashRecipe): string {
  const { memoryKib, passes, lanes, salt } = recipe;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}`;
}

/** The PHC string: the recipe and the tag made by it. */
export function phcText(recipe: HashRecipe, tag: Uint8Array): string {
  return `${recipeText(recipe)}$${unpadded(tag)}`;
}

/** Reads what `recipeText` writes. Exactly one spelling is accepted, so that equal recipes are equal texts. */
export function parseRecipe(text: string): HashRecipe {
  const [, memory, passes, lanes, salt] = RECIPE.exec(text) ?? [];
  if (salt === undefined) throw new RecipeRefused('malformed');
  const recipe = {
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Uint8Array.from(Buffer.from(salt, 'base64')),
  };
  if (recipeText(recipe) !== text) throw new RecipeRefused('malformed');
  if (!isWithinBounds(recipe)) throw new RecipeRefused('out-of-bounds');
  return recipe;
}

function isWithinBounds(recipe: HashRecipe): boolean {
  return (
    isBetween(recipe.memoryKib, RECIPE_BOUNDS.memoryKib) &&
    isBetween(recipe.passes, RECIPE_BOUNDS.passes) &&
    isBetween(recipe.lanes, RECIPE_BOUNDS.lanes) &&
    isBetween(recipe.salt.length, RECIPE_BOUNDS.saltBytes) &&
    recipe.memoryKib >= 8 * recipe.lanes &&
    recipe.memoryKib * recipe.passes <= RECIPE_BOUNDS.work
  );
}

function isBetween(value: number, bounds: { readonly min: number; readonly max: number }): boolean {
  return value >= bounds.min && value <= bounds.max;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
