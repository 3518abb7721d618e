package latex

// mathSymbols are characters and what sets them in math, with commands of
// LaTeX's kernel alone: pairs separated by white space.
const mathSymbols = `
α \alpha β \beta γ \gamma δ \delta ϵ \epsilon ε \varepsilon ζ \zeta η \eta θ \theta ϑ \vartheta ι \iota κ \kappa
λ \lambda μ \mu ν \nu ξ \xi π \pi ϖ \varpi ρ \rho ϱ \varrho σ \sigma ς \varsigma τ \tau υ \upsilon φ \phi
χ \chi ψ \psi ω \omega
Γ \Gamma Δ \Delta Θ \Theta Λ \Lambda Ξ \Xi Π \Pi Σ \Sigma Υ \Upsilon Φ \Phi Ψ \Psi Ω \Omega
⁰ ^{0} ¹ ^{1} ² ^{2} ³ ^{3} ⁴ ^{4} ⁵ ^{5} ⁶ ^{6} ⁷ ^{7} ⁸ ^{8} ⁹ ^{9} ⁺ ^{+} ⁻ ^{-} ⁼ ^{=} ⁽ ^{(} ⁾ ^{)} ⁿ ^{n}
₀ _{0} ₁ _{1} ₂ _{2} ₃ _{3} ₄ _{4} ₅ _{5} ₆ _{6} ₇ _{7} ₈ _{8} ₉ _{9} ₊ _{+} ₋ _{-} ₌ _{=} ₍ _{(} ₎ _{)}
ₐ _{a} ₑ _{e} ₕ _{h} ᵢ _{i} ⱼ _{j} ₖ _{k} ₗ _{l} ₘ _{m} ₙ _{n} ₒ _{o} ₚ _{p} ᵣ _{r} ₛ _{s} ₜ _{t} ᵤ _{u} ᵥ _{v} ₓ _{x}
° ^{\circ} ± \pm ∓ \mp × \times ÷ \div · \cdot ∗ \ast ⋆ \star ∘ \circ ⊕ \oplus ⊖ \ominus ⊗ \otimes ⊙ \odot ⊘ \oslash
∧ \wedge ∨ \vee ∩ \cap ∪ \cup ∖ \setminus ¬ \neg ⊎ \uplus ⊓ \sqcap ⊔ \sqcup ⋄ \diamond ≀ \wr ⨿ \amalg
≤ \leq ≥ \geq ≠ \neq ≡ \equiv ≈ \approx ≅ \cong ≃ \simeq ∝ \propto ≪ \ll ≫ \gg ≺ \prec ≻ \succ ⪯ \preceq ⪰ \succeq
⊂ \subset ⊃ \supset ⊆ \subseteq ⊇ \supseteq ⊑ \sqsubseteq ⊒ \sqsupseteq ∈ \in ∉ \notin ∋ \ni ⊥ \perp ⊤ \top ∥ \parallel
⊨ \models ⊢ \vdash ⊣ \dashv ≍ \asymp ∼ \sim ⌣ \smile ⌢ \frown ⋈ \bowtie ≐ \doteq
∞ \infty ∂ \partial ∇ \nabla ∑ \sum ∏ \prod ∐ \coprod ∫ \int ∮ \oint ∀ \forall ∃ \exists ∅ \emptyset ℵ \aleph ℓ \ell
ħ \hbar ℜ \Re ℑ \Im ℘ \wp ′ ^{\prime} ∠ \angle △ \triangle ♣ \clubsuit ♢ \diamondsuit ♡ \heartsuit ♠ \spadesuit
♭ \flat ♮ \natural ♯ \sharp ⟨ \langle ⟩ \rangle ⌊ \lfloor ⌋ \rfloor ⌈ \lceil ⌉ \rceil √ \surd ‖ \Vert
⋀ \bigwedge ⋁ \bigvee ⋂ \bigcap ⋃ \bigcup ⨁ \bigoplus ⨂ \bigotimes ⨀ \bigodot
→ \rightarrow ← \leftarrow ↑ \uparrow ↓ \downarrow ↔ \leftrightarrow ↕ \updownarrow ⇒ \Rightarrow ⇐ \Leftarrow ⇔ \Leftrightarrow
⇑ \Uparrow ⇓ \Downarrow ↦ \mapsto ⟶ \longrightarrow ⟵ \longleftarrow ⟹ \Longrightarrow ⟸ \Longleftarrow ⟺ \Longleftrightarrow
↪ \hookrightarrow ↩ \hookleftarrow ⇀ \rightharpoonup ⇁ \rightharpoondown ↼ \leftharpoonup ↽ \leftharpoondown ⇌ \rightleftharpoons
↗ \nearrow ↘ \searrow ↙ \swarrow ↖ \nwarrow ⋯ \cdots ⋮ \vdots ⋱ \ddots ≢ \not\equiv ≮ \not< ≯ \not> ≰ \not\leq ≱ \not\geq
`

// textSymbols are characters and the commands of LaTeX's kernel that set them
// in text.
const textSymbols = `
§ \S ¶ \P † \textdagger ‡ \textdaggerdbl © \textcopyright ® \textregistered ™ \texttrademark • \textbullet ª \textordfeminine º \textordmasculine
½ \textonehalf ¼ \textonequarter ¾ \textthreequarters ¦ \textbrokenbar № \textnumero ※ \textreferencemark ℠ \textservicemark ‽ \textinterrobang
€ \texteuro ¥ \textyen ¢ \textcent ¤ \textcurrency ƒ \textflorin ₩ \textwon µ \textmu … \ldots ␣ \textvisiblespace
´ \textasciiacute ¨ \textasciidieresis ¯ \textasciimacron ˇ \textasciicaron ˘ \textasciibreve
“ \textquotedblleft ” \textquotedblright ‘ \textquoteleft ’ \textquoteright – \textendash — \textemdash „ \quotedblbase ‚ \quotesinglbase
« \guillemotleft » \guillemotright ‹ \guilsinglleft › \guilsinglright ¡ \textexclamdown ¿ \textquestiondown £ \pounds
æ \ae Æ \AE œ \oe Œ \OE ø \o Ø \O ł \l Ł \L ß \ss ẞ \SS ð \dh Ð \DH đ \dj Đ \DJ þ \th Þ \TH ŋ \ng Ŋ \NG ı \i ȷ \j
`

// approximations are characters that are set as others, which read the same: spaces, hyphens, and characters that don't show.
var approximations = map[rune]string{
	'\u00a0': "~", '\u00ad': "", '\u2000': " ", '\u2001': " ", '\u2002': " ", '\u2003': " ", '\u2004': " ", '\u2005': " ",
	'\u2006': " ", '\u2007': " ", '\u2008': " ", '\u2009': " ", '\u200a': " ", '\u200b': "", '\u200c': "", '\u200d': "",
	'\u200e': "", '\u200f': "", '\u2010': "-", '\u2011': "-", '\u2012': "{\\textendash}", '\u2015': "{\\textemdash}",
	'\u2028': " ", '\u2029': " ", '\u202a': "", '\u202b': "", '\u202c': "", '\u202d': "", '\u202e': "", '\u202f': " ",
	'\u205f': " ", '\u2060': "", '\u2061': "", '\u2062': "", '\u2063': "", '\u2064': "", '\u2066': "", '\u2067': "",
	'\u2068': "", '\u2069': "", '\u2212': "$-$", '\u3000': " ", '\ufeff': "", '\ufe0e': "", '\ufe0f': "",
}

// lookalikes are characters that the kernel can only set as others like them.
var lookalikes = map[rune]string{
	'⩽': `$\leq$`, '⩾': `$\geq$`, '≲': `$\leq$`, '≳': `$\geq$`, 'ϰ': `$\kappa$`, 'ℏ': `$\hbar$`, '□': `\rule{1ex}{1ex}`, '◇': `$\diamond$`,
	'ℂ': `{$\mathbf{C}$}`, 'ℍ': `{$\mathbf{H}$}`, 'ℕ': `{$\mathbf{N}$}`, 'ℙ': `{$\mathbf{P}$}`, 'ℚ': `{$\mathbf{Q}$}`,
	'ℝ': `{$\mathbf{R}$}`, 'ℤ': `{$\mathbf{Z}$}`, '∴': `$\Rightarrow$`, 'ο': "$o$", '⇝': `$\rightarrow$`, '∎': ".", 'ϕ': `$\phi$`, '■': `\rule{1ex}{1ex}`,
}

// combiningCommands are the accents of LaTeX's kernel in text, and those in
// math.
var (
	combiningCommands = map[rune]string{
		'\u0300': "`", '\u0301': "'", '\u0302': "^", '\u0303': "~", '\u0304': "=", '\u0306': "u", '\u0307': ".", '\u0308': `"`,
		'\u030a': "r", '\u030b': "H", '\u030c': "v", '\u0323': "d", '\u0326': "textcommabelow", '\u0327': "c", '\u0328': "k", '\u0331': "b",
	}
	mathAccents = map[rune]string{
		'\u0300': "grave", '\u0301': "acute", '\u0302': "hat", '\u0303': "tilde", '\u0304': "bar", '\u0306': "breve", '\u0307': "dot",
		'\u0308': "ddot", '\u030c': "check", '\u20d7': "vec",
	}
)
