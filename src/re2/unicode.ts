import { ANY, type CodePoints, fromPairs } from './code-points.ts'

/** General categories by their long names (Unicode Standard Annex #44, table 12); the short ones are their own names. */
const CATEGORIES =
  'Cased_Letter Close_Punctuation Combining_Mark Connector_Punctuation Control Currency_Symbol Dash_Punctuation ' +
  'Decimal_Number Enclosing_Mark Final_Punctuation Format Initial_Punctuation Letter Letter_Number Line_Separator ' +
  'Lowercase_Letter Mark Math_Symbol Modifier_Letter Modifier_Symbol Nonspacing_Mark Number Open_Punctuation Other ' +
  'Other_Letter Other_Number Other_Punctuation Other_Symbol Paragraph_Separator Private_Use Punctuation Separator ' +
  'Space_Separator Spacing_Mark Surrogate Symbol Titlecase_Letter Unassigned Uppercase_Letter cntrl digit punct ' +
  'C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'

/** Scripts (Unicode Standard Annex #24). */
const SCRIPTS =
  'Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki ' +
  'Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee ' +
  'Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan ' +
  'Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi ' +
  'Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited ' +
  'Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi ' +
  'Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani ' +
  'Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui ' +
  'Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari ' +
  'New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian ' +
  'Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong ' +
  'Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian ' +
  'Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le ' +
  'Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai ' +
  'Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square'

const known = new Map<string, CodePoints>([
  ['any', ANY],
  ['ascii', fromPairs('\x00\x7f')],
])

/**
 * The code points of `\p{name}`: a category or a script, in any case, spaces, hyphens and underscores left out, as in
 * Go 1.25. The characters themselves are those of the engine's Unicode version. Undefined when there is no such name.
 */
export function unicodeClass(name: string): CodePoints | undefined {
  const loose = toLoose(name)
  const found = known.get(loose)
  if (found !== undefined) return found
  const property = propertyOf(loose)
  if (property === undefined) return undefined
  const points = scan(property)
  known.set(loose, points)
  return points
}

function toLoose(name: string): string {
  return name.replaceAll(/[ _-]/gu, '').toLowerCase()
}

function propertyOf(loose: string): string | undefined {
  if (loose === 'assigned') return 'Assigned'
  const category = CATEGORIES.split(' ').find((name) => toLoose(name) === loose)
  if (category !== undefined) return `General_Category=${category}`
  const script = SCRIPTS.split(' ').find((name) => toLoose(name) === loose)
  return script === undefined ? undefined : `Script=${script}`
}

/** Asks the engine about every code point that can differ from the one before it. */
function scan(property: string): CodePoints {
  const has = new RegExp(`\\p{${property}}`, 'u')
  const borders: number[] = []
  for (let code = 0; code < 0x110000; code = nextToAsk(code)) {
    if (has.test(String.fromCodePoint(code)) !== (borders.length % 2 === 1)) borders.push(code)
  }
  return borders.length % 2 === 1 ? [...borders, 0x110000] : borders
}

/**
 * Next code point to ask about. Planes 4 to 13 are empty, 15 and 16 for private use, and so are all of 14 but its first
 * part; each ends in two noncharacters.
 */
function nextToAsk(code: number): number {
  const isMixed = code < 0x40000 || (code >= 0xe0000 && code < 0xe1000)
  if (isMixed || (code & 0xfffe) === 0xfffe) return code + 1
  return code | 0xfffe
}
