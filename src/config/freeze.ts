/** Freezes a tree of plain objects and lists; bytes cannot be frozen and stay as they are. */
export function deepFreeze<Tree>(tree: Tree): Tree {
  if (typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree) || Object.isFrozen(tree)) {
    return tree
  }
  for (const branch of Object.values(tree)) deepFreeze(branch)
  return Object.freeze(tree)
}
