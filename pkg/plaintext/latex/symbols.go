package latex

import (
	"maps"
	"strings"
)

// symbols are the commands that stand for a character, or for a short word,
// and take no argument.
var symbols = symbolTable()

// symbolTable returns commonSymbols with what the other tables add.
func symbolTable() map[string]string {
	table := maps.Clone(commonSymbols)
	add := func(name, character string) {
		if name = strings.TrimPrefix(name, `\`); table[name] == "" && isWord(name) {
			table[name] = character
		}
	}
	for _, pairs := range []string{mathSymbols, textSymbols} {
		words := strings.Fields(pairs)
		for i := 0; i+1 < len(words); i += 2 {
			add(words[i+1], words[i])
		}
	}
	words := strings.Fields(moreSymbols)
	for i := 0; i+1 < len(words); i += 2 {
		add(words[i], words[i+1])
	}
	return table
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f || !isLetter(byte(r)) })
}

// commonSymbols are the commands that bibliographies have most.
var commonSymbols = map[string]string{
	"ss": "ß", "SS": "ẞ", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
	"l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "th": "þ", "TH": "Þ",
	"ng": "ŋ", "NG": "Ŋ", "ij": "ij", "IJ": "IJ", "imath": "ı", "jmath": "ȷ", "hbar": "ħ", "textschwa": "ə",
	"textesh": "ʃ", "textepsilon": "ɛ", "oldae": "æ", "textgamma": "ɣ",

	"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
	"eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "varkappa": "ϰ", "lambda": "λ",
	"mu": "μ", "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ",
	"sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ",
	"psi": "ψ", "omega": "ω",

	"Alpha": "Α", "Beta": "Β", "Gamma": "Γ", "Delta": "Δ", "Epsilon": "Ε", "Zeta": "Ζ", "Eta": "Η",
	"Theta": "Θ", "Iota": "Ι", "Kappa": "Κ", "Lambda": "Λ", "Mu": "Μ", "Nu": "Ν", "Xi": "Ξ", "Omicron": "Ο",
	"Pi": "Π", "Rho": "Ρ", "Sigma": "Σ", "Tau": "Τ", "Upsilon": "Υ", "Phi": "Φ", "Chi": "Χ", "Psi": "Ψ",
	"Omega": "Ω",

	"textalpha": "α", "textbeta": "β", "textmu": "µ", "textmugreek": "μ",

	"textbackslash": "\\", "backslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
	"textbraceleft": "{", "textbraceright": "}", "lbrace": "{", "rbrace": "}", "textless": "<",
	"textgreater": ">", "lt": "<", "gt": ">", "textbar": "|", "vert": "|", "mid": "|", "textunderscore": "_",
	"textdollar": "$", "textquotesingle": "'", "textquotedbl": "\"", "textasciigrave": "`",
	"textasciiacute": "´", "textasciidieresis": "¨", "textasciimacron": "¯", "textasciicaron": "ˇ",
	"textasciibreve": "˘", "textnumbersign": "#", "textpercent": "%", "textampersand": "&",
	"textasteriskcentered": "*", "textbardbl": "‖", "sim": "∼",

	"textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“",
	"textquotedblright": "”", "quotesinglbase": "‚", "quotedblbase": "„", "glqq": "„", "grqq": "“", "glq": "‚",
	"grq": "‘", "flqq": "«", "frqq": "»", "guillemotleft": "«", "guillemotright": "»", "guillemetleft": "«",
	"guillemetright": "»", "guilsinglleft": "‹", "guilsinglright": "›", "flq": "‹", "frq": "›", "lq": "‘",
	"rq": "’", "dq": "\"", "og": "«", "fg": "»",

	"textexclamdown": "¡", "textquestiondown": "¿", "dots": "…", "ldots": "…", "textellipsis": "…",
	"cdots": "⋯", "vdots": "⋮", "ddots": "⋱", "slash": "/", "hyphen": "-", "textvisiblespace": "␣", "S": "§",
	"textsection": "§", "P": "¶", "textparagraph": "¶", "dag": "†", "textdagger": "†", "dagger": "†",
	"ddag": "‡", "textdaggerdbl": "‡", "ddagger": "‡", "copyright": "©", "textcopyright": "©",
	"textregistered": "®", "texttrademark": "™", "textbullet": "•", "bullet": "•", "textperiodcentered": "·",
	"cdot": "·", "textdegree": "°", "degree": "°", "textordfeminine": "ª", "textordmasculine": "º",
	"textonehalf": "½", "textonequarter": "¼", "textthreequarters": "¾", "textonesuperior": "¹",
	"texttwosuperior": "²", "textthreesuperior": "³", "textbrokenbar": "¦", "textnumero": "№",
	"textreferencemark": "※", "textservicemark": "℠", "textinterrobang": "‽", "checkmark": "✓",

	"pounds": "£", "textsterling": "£", "texteuro": "€", "euro": "€", "EUR": "€", "textyen": "¥",
	"textcent": "¢", "textcurrency": "¤", "textflorin": "ƒ", "textwon": "₩", "textrupee": "₹",

	"times": "×", "texttimes": "×", "div": "÷", "textdiv": "÷", "pm": "±", "textpm": "±", "mp": "∓", "ast": "∗",
	"star": "⋆", "circ": "∘", "oplus": "⊕", "ominus": "⊖", "otimes": "⊗", "odot": "⊙", "wedge": "∧",
	"land": "∧", "vee": "∨", "lor": "∨", "cap": "∩", "cup": "∪", "setminus": "∖", "neg": "¬", "lnot": "¬",
	"textlnot": "¬", "leq": "≤", "le": "≤", "leqslant": "⩽", "geq": "≥", "ge": "≥", "geqslant": "⩾", "neq": "≠",
	"ne": "≠", "equiv": "≡", "approx": "≈", "cong": "≅", "simeq": "≃", "propto": "∝", "ll": "≪", "gg": "≫",
	"prec": "≺", "succ": "≻", "preceq": "⪯", "succeq": "⪰", "subset": "⊂", "supset": "⊃", "subseteq": "⊆",
	"supseteq": "⊇", "in": "∈", "notin": "∉", "ni": "∋", "perp": "⊥", "bot": "⊥", "top": "⊤", "parallel": "∥",
	"models": "⊨", "vdash": "⊢", "dashv": "⊣", "lesssim": "≲", "gtrsim": "≳", "asymp": "≍",

	"infty": "∞", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "oint": "∮", "forall": "∀",
	"exists": "∃", "emptyset": "∅", "varnothing": "∅", "aleph": "ℵ", "ell": "ℓ", "Re": "ℜ", "Im": "ℑ",
	"wp": "℘", "prime": "′", "angle": "∠", "triangle": "△", "square": "□", "Box": "□", "Diamond": "◇",
	"diamond": "⋄", "blacksquare": "■", "clubsuit": "♣", "diamondsuit": "♢", "heartsuit": "♡", "spadesuit": "♠",
	"flat": "♭", "natural": "♮", "sharp": "♯", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋",
	"lceil": "⌈", "rceil": "⌉", "lVert": "‖", "rVert": "‖", "Vert": "‖", "surd": "√", "therefore": "∴",
	"because": "∵", "odelta": "δ",

	"to": "→", "rightarrow": "→", "textrightarrow": "→", "leftarrow": "←", "gets": "←", "textleftarrow": "←",
	"uparrow": "↑", "downarrow": "↓", "leftrightarrow": "↔", "Rightarrow": "⇒", "Leftarrow": "⇐",
	"Leftrightarrow": "⇔", "implies": "⟹", "iff": "⟺", "mapsto": "↦", "longrightarrow": "⟶",
	"longleftarrow": "⟵", "hookrightarrow": "↪", "rightharpoonup": "⇀", "leadsto": "⇝",

	"log": "log", "ln": "ln", "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "min": "min",
	"max": "max", "sup": "sup", "inf": "inf", "lim": "lim", "det": "det", "dim": "dim", "gcd": "gcd",
	"deg": "deg", "arg": "arg", "Pr": "Pr", "ker": "ker", "mod": "mod", "bmod": "mod",

	"quad": " ", "qquad": " ", "enspace": " ", "thinspace": " ", "space": " ", "nobreakspace": " ",
	"textcompwordmark": "", "TeX": "TeX", "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX",
	"XeTeX": "XeTeX", "LuaTeX": "LuaTeX", "adddot": ".", "addcomma": ",", "addspace": " ", "adddotspace": ". ", "bibrangedash": "–",
	"bibopenbrace": "{", "bibclosebrace": "}",
}

// doubleStruck are the letters of \mathbb that Unicode has in its first plane.
var doubleStruck = map[string]string{"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}

// superscripts and subscripts are what Unicode has raised and lowered and
// Zotero's importer uses.
var (
	superscripts = map[string]string{
		"0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
		"+": "⁺", "-": "⁻", "=": "⁼", "(": "⁽", ")": "⁾", "n": "ⁿ", "∘": "°", "′": "′",
	}
	subscripts = map[string]string{
		"0": "₀", "1": "₁", "2": "₂", "3": "₃", "4": "₄", "5": "₅", "6": "₆", "7": "₇", "8": "₈", "9": "₉",
		"+": "₊", "-": "₋", "=": "₌", "(": "₍", ")": "₎", "−": "₋",
		"a": "ₐ", "e": "ₑ", "h": "ₕ", "i": "ᵢ", "j": "ⱼ", "k": "ₖ", "l": "ₗ", "m": "ₘ", "n": "ₙ", "o": "ₒ", "p": "ₚ", "r": "ᵣ", "s": "ₛ",
		"t": "ₜ", "u": "ᵤ", "v": "ᵥ", "x": "ₓ",
	}
)
