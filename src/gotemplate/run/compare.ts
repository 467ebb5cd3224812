import { basicKindOf, type GoValue, textOf, typeNameOf } from '../values.ts'
import { refuseValue } from './limits.ts'
import { compareTexts } from './print.ts'

/** Compares for equality, as `eq` does with one value. */
export function isEqual(left: GoValue, right: GoValue): boolean {
  const [leftKind, rightKind] = [basicKindOf(left), basicKindOf(right)]
  if (leftKind === 'other' && rightKind === 'other') {
    if (left === null || right === null) return left === right
    return refuseValue(`values of type ${typeNameOf(left)} cannot be compared`)
  }
  if (leftKind !== rightKind) {
    return left === null || right === null ? false : refuseTypes(left, right)
  }
  return leftKind === 'string' ? textOf(left) === textOf(right) : left === right
}

/** Compares for order, as `lt` does. */
export function isLess(left: GoValue, right: GoValue): boolean {
  const [leftKind, rightKind] = [basicKindOf(left), basicKindOf(right)]
  if (leftKind === 'other' || rightKind === 'other') {
    return refuseValue(`values of type ${typeNameOf(leftKind === 'other' ? left : right)} have no order`)
  }
  if (leftKind !== rightKind) return refuseTypes(left, right)
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right
  if (typeof left === 'number' && typeof right === 'number') return left < right
  if (leftKind === 'bool') return refuseValue('values of type bool have no order')
  return compareTexts(textOf(left) ?? '', textOf(right) ?? '') < 0
}

function refuseTypes(left: GoValue, right: GoValue): never {
  return refuseValue(`a ${typeNameOf(left)} cannot be compared with a ${typeNameOf(right)}`)
}
