package latex

// moreSymbols are further commands that stand for a character, of amssymb,
// textcomp, tipa, unicode-math and others: pairs of name and character,
// separated by white space.
const moreSymbols = `
APLboxquestion ⍰ APLboxupcaret ⍓ APLnotbackslash ⍀ APLnotslash ⌿ Angstrom Å AngstromUnit Å Barv ⫧ Bbbk 𝕜 Bumpeq ≎ Cap ⋒ Colon ∷ Coloneq ⩴ Cup ⋓
DDownarrow ⟱ DashV ⫥ DashVDash ⟚ Dashv ⫤ Ddownarrow ⤋ Doteq ≑ Downarrow ⇓ ESH Ʃ Equiv ≣ Eth Ð Eulerconst ℇ Exclam ‼ Finv Ⅎ Game ⅁ Gt ⪢ Hermaphrodite ⚥
Join ⨝ LLeftarrow ⭅ Lbrbrak ⟬ Ldsh ↲ Lleftarrow ⇚ Longleftarrow ⟸ Longleftrightarrow ⟺ Longmapsfrom ⟽ Longmapsto ⟾ Longrightarrow ⟹ Lparengtr ⦕ Lsh ↰
Lt ⪡ Lvzigzag ⧚ Mapsfrom ⤆ Mapsto ⤇ Nearrow ⇗ Not ⫬ Nwarrow ⇖ OHORN Ơ Ohm Ω Otimes ⨷ Planckconst ℎ Prec ⪻ PropertyLine ⅊ QED ∎ Question ⁇
RRightarrow ⭆ Rbrbrak ⟭ Rdsh ↳ Rparenless ⦖ Rrightarrow ⇛ Rsh ↱ Rvzigzag ⧛ Searrow ⇘ Sqcap ⩎ Sqcup ⩏ Subset ⋐ Succ ⪼ Supset ⋑ Swarrow ⇙ Thorn Þ
UHORN Ư UUparrow ⟰ Uparrow ⇑ Updownarrow ⇕ Uuparrow ⤊ VDash ⊫ Vbar ⫫ Vdash ⊩ Vee ⩔ Vvdash ⊪ Vvert ⦀ Wedge ⩓ Yup ⅄ Zbar Ƶ accurrent ⏦ acidfree ♾
acwcirclearrow ⥀ acwgapcirclearrow ⟲ acwleftarcarrow ⤹ acwopencirclearrow ↺ acwoverarcarrow ⤺ acwunderarcarrow ⤻ adots ⋰ ain ʿ amalg ⨿ angdnr ⦟
angles ⦞ angleubar ⦤ angstrom Å approxeq ≊ approxeqq ⩰ approxident ≋ arceq ≘ assert ⊦ asteq ⩮ astrosun ☉ awint ⨑ ayn ʿ bNot ⫭ backcong ≌ backdprime ‶
backepsilon ϶ backprime ‵ backsim ∽ backsimeq ⋍ backtrprime ‷ bagmember ⋿ barV ⫪ barcap ⩃ barcup ⩂ bardownharpoonleft ⥡ bardownharpoonright ⥝
barleftarrow ⇤ barleftarrowrightarrowbar ↹ barleftharpoondown ⥖ barleftharpoonup ⥒ barovernorthwestarrow ↸ barrightarrowdiamond ⤠
barrightharpoondown ⥟ barrightharpoonup ⥛ baruparrow ⤒ barupharpoonleft ⥘ barupharpoonright ⥔ barvee ⊽ barwedge ⊼ bbrktbrk ⎶ bdtriplevdash ┆ benzenr ⏣
beth ℶ between ≬ bigblacktriangledown ▼ bigblacktriangleup ▲ bigbot ⟘ bigcap ⋂ bigcup ⋃ bigcupdot ⨃ biginterleave ⫼ bigodot ⨀ bigoplus ⨁ bigotimes ⨂
bigslopedvee ⩗ bigslopedwedge ⩘ bigsqcap ⨅ bigsqcup ⨆ bigstar ★ bigtalloblong ⫿ bigtimes ⨉ bigtop ⟙ bigtriangledown ▽ bigtriangleleft ⨞
bigtriangleup △ biguplus ⨄ bigvee ⋁ bigwedge ⋀ bigwhitestar ☆ blackcircledownarrow ⧭ blackcircledrightdot ⚈ blackcircledtwodots ⚉
blackcircleulquadwhite ◕ blackdiamonddownarrow ⧪ blackhourglass ⧗ blackinwhitediamond ◈ blackinwhitesquare ▣ blacklefthalfcircle ◖ blacklozenge ⧫
blackpointerleft ◄ blackpointerright ► blackrighthalfcircle ◗ blacksmiley ☻ blacktriangle ▴ blacktriangledown ▾ blacktriangleleft ◀
blacktriangleright ▶ blanksymbol ␢ blkhorzoval ⬬ blkvertoval ⬮ blockfull █ blockhalfshaded ▒ blocklefthalf ▌ blocklowhalf ▄ blockqtrshaded ░
blockrighthalf ▐ blockthreeqtrshaded ▓ blockuphalf ▀ botsemicircle ◡ bowtie ⋈ boxast ⧆ boxbar ◫ boxbox ⧈ boxbslash ⧅ boxcircle ⧇ boxdiag ⧄ boxdot ⊡
boxminus ⊟ boxonbox ⧉ boxplus ⊞ boxtimes ⊠ bsimilarleftarrow ⭁ bsimilarrightarrow ⭇ bsolhsub ⟈ btimes ⨲ bullseye ◎ bumpeq ≏ bumpeqq ⪮ capbarcup ⩉
capdot ⩀ capovercup ⩇ capwedge ⩄ caretinsert ‸ carriagereturn ↵ ccwundercurvearrow ⤿ cdotp · celsius ℃ cirE ⧃ cirbot ⟟ circeq ≗
circlebottomhalfblack ◒ circledR ® circledS Ⓢ circledast ⊛ circledbullet ⦿ circledcirc ⊚ circleddash ⊝ circledequal ⊜ circledownarrow ⧬
circledparallel ⦷ circledrightdot ⚆ circledstar ✪ circledtwodots ⚇ circledvert ⦶ circledwhitebullet ⦾ circlehbar ⦵ circlelefthalfblack ◐
circlellquad ◵ circlelrquad ◶ circleonleftarrow ⬰ circleonrightarrow ⇴ circlerighthalfblack ◑ circletophalfblack ◓ circleulquad ◴ circleurquad ◷
circleurquadblack ◔ circlevertfill ◍ cirfnint ⨐ cirmid ⫯ cirscir ⧂ closedvarcap ⩍ closedvarcup ⩌ closedvarcupsmashprod ⩐ closure ⁐ colon : coloneq ≔
commaminus ⨩ complement ∁ concavediamond ⟡ concavediamondtickleft ⟢ concavediamondtickright ⟣ congdot ⩭ conictaper ⌲ conjquant ⨇ coprod ∐ csub ⫏
csube ⫑ csup ⫐ csupe ⫒ cuberoot ∛ cupbarcap ⩈ cupdot ⊍ cupleftarrow ⊌ cupovercap ⩆ cupvee ⩅ curlyeqprec ⋞ curlyeqsucc ⋟ curlyvee ⋎ curlywedge ⋏
curvearrowleft ↶ curvearrowleftplus ⤽ curvearrowright ↷ curvearrowrightminus ⤼ cwcirclearrow ⥁ cwgapcirclearrow ⟳ cwopencirclearrow ↻
cwrightarcarrow ⤸ cwundercurvearrow ⤾ daleth ℸ danger ☡ dashV ⫣ dashVdash ⟛ dashcolon ∹ dashleftharpoondown ⥫ dashrightharpoondown ⥭ dbkarrow ⤏
ddotseq ⩷ diameter ⌀ diamondbotblack ⬙ diamondcdot ⟐ diamondleftarrow ⤝ diamondleftarrowbar ⤟ diamondleftblack ⬖ diamondrightblack ⬗ diamondtopblack ⬘
dicei ⚀ diceii ⚁ diceiii ⚂ diceiv ⚃ dicev ⚄ dicevi ⚅ digamma ϝ dingasterisk ✽ disin ⋲ disjquant ⨈ divideontimes ⋇ divslash ∕ doteq ≐ doteqdot ≑
dotequiv ⩧ dotminus ∸ dotplus ∔ dotsim ⩪ dotsminusdots ∺ dottedcircle ◌ dottedsquare ⬚ dottimes ⨰ doublebarvee ⩢ doublebarwedge ⩞ doubleplus ⧺
downarrowbar ⤓ downarrowbarred ⤈ downdasharrow ⇣ downdownarrows ⇊ downfishtail ⥿ downharpoonleft ⇃ downharpoonleftbar ⥙ downharpoonright ⇂
downharpoonrightbar ⥕ downharpoonsleftright ⥥ downrightcurvedarrow ⤵ downtriangleleftblack ⧨ downtrianglerightblack ⧩ downuparrows ⇵
downupharpoonsleftright ⥯ downwhitearrow ⇩ downzigzagarrow ↯ dprime ″ draftingarrow ➛ drbkarrow ⤐ dsol ⧶ dsub ⩤ dualmap ⧟ egsdot ⪘ eighthnote ♪
elinters ⏧ elsdot ⪗ emptysetoarr ⦳ emptysetoarrl ⦴ emptysetobar ⦱ emptysetocirc ⦲ enclosecircle ⃝ enclosediamond ⃟ enclosesquare ⃞ enclosetriangle ⃤
enleadertwodots ‥ eparsl ⧣ eqcirc ≖ eqcolon ≕ eqdef ≝ eqdot ⩦ eqeq ⩵ eqeqeq ⩶ eqgtr ⋝ eqless ⋜ eqqgtr ⪚ eqqless ⪙ eqqplus ⩱ eqqsim ⩳ eqqslantgtr ⪜
eqqslantless ⪛ eqsim ≂ eqslantgtr ⪖ eqslantless ⪕ equalleftarrow ⭀ equalparallel ⋕ equalrightarrow ⥱ equivDD ⩸ equivVert ⩨ equivVvert ⩩ eqvparsl ⧥
errbarblackcircle ⧳ errbarblackdiamond ⧱ errbarblacksquare ⧯ errbarcircle ⧲ errbardiamond ⧰ errbarsquare ⧮ eth ð fallingdotseq ≒ fbowtie ⧓ fcmp ⨾
fdiagovnearrow ⤯ fdiagovrdiag ⤬ female ♀ fint ⨏ fisheye ◉ fltns ⏥ forks ⫝̸ forksnot ⫝ forkv ⫙ fourthroot ∜ fourvdots ⦙ fracslash ⁄ frown ⌢
fullouterjoin ⟗ geqq ≧ geqqslant ⫺ gescc ⪩ gesdot ⪀ gesdoto ⪂ gesdotol ⪄ gesles ⪔ ggg ⋙ gggnest ⫸ gimel ℷ glE ⪒ gla ⪥ gleichstark ⧦ glj ⪤ gnapprox ⪊
gneq ⪈ gneqq ≩ gnsim ⋧ greater > gsime ⪎ gsiml ⪐ gtcc ⪧ gtcir ⩺ gtlpar ⦠ gtquest ⩼ gtrapprox ⪆ gtrarr ⥸ gtrdot ⋗ gtreqless ⋛ gtreqqless ⪌ gtrless ≷
hamza ʾ harrowextender ⎯ hatapprox ⩯ hermitmatrix ⊹ hexagon ⎔ hexagonblack ⬣ hknearrow ⤤ hknwarrow ⤣ hksearrow ⤥ hkswarrow ⤦ hookleftarrow ↩
horizbar ― hourglass ⧖ house ⌂ hrectangle ▭ hrectangleblack ▬ hslash ℏ hyphenbullet ⁃ hzigzag 〰 iiiint ⨌ iiint ∭ iinfin ⧜ iint ∬ imageof ⊷ increment ∆
intBar ⨎ intbar ⨍ intbottom ⌡ intcap ⨙ intclockwise ∱ intcup ⨚ intercal ⊺ interleave ⫴ intextender ⎮ intlarhk ⨗ intprod ⨼ intprodr ⨽ inttop ⌠ intx ⨘
inversebullet ◘ inversewhitecircle ◙ invlazys ∾ invnot ⌐ invwhitelowerhalfcircle ◛ invwhiteupperhalfcircle ◚ isinE ⋹ isindot ⋵ isinobar ⋷ isins ⋴
isinvb ⋸ kernelcontraction ∻ lAngle ⟪ lBrace ⦃ lBrack ⟦ lParen ⦅ langledot ⦑ laplac ⧠ lat ⪫ late ⪭ lbag ⟅ lblkbrbrak ⦗ lbracelend ⎩ lbracemid ⎨
lbraceuend ⎧ lbrack [ lbrackextender ⎢ lbracklend ⎣ lbracklltick ⦏ lbrackubar ⦋ lbrackuend ⎡ lbrackultick ⦍ lbrbrak ❲ lcurvyangle ⧼ leftarrowapprox ⭊
leftarrowbackapprox ⭂ leftarrowbsimilar ⭋ leftarrowless ⥷ leftarrowonoplus ⬲ leftarrowplus ⥆ leftarrowshortrightarrow ⥃ leftarrowsimilar ⥳
leftarrowsubset ⥺ leftarrowtail ↢ leftarrowtriangle ⇽ leftarrowx ⬾ leftbkarrow ⤌ leftcurvedarrow ⬿ leftdasharrow ⇠ leftdbkarrow ⤎ leftdbltail ⤛
leftdotarrow ⬸ leftdowncurvedarrow ⤶ leftfishtail ⥼ leftharpoondown ↽ leftharpoondownbar ⥞ leftharpoonsupdown ⥢ leftharpoonup ↼ leftharpoonupbar ⥚
leftharpoonupdash ⥪ leftleftarrows ⇇ leftmoon ☾ leftouterjoin ⟕ leftrightarrowcircle ⥈ leftrightarrows ⇆ leftrightarrowtriangle ⇿
leftrightharpoondowndown ⥐ leftrightharpoondownup ⥋ leftrightharpoons ⇋ leftrightharpoonsdown ⥧ leftrightharpoonsup ⥦ leftrightharpoonupdown ⥊
leftrightharpoonupup ⥎ leftrightsquigarrow ↭ leftsquigarrow ⇜ lefttail ⤙ leftthreearrows ⬱ leftthreetimes ⋋ leftwavearrow ↜ leftwhitearrow ⇦ leqq ≦
leqqslant ⫹ lescc ⪨ lesdot ⩿ lesdoto ⪁ lesdotor ⪃ lesges ⪓ less < lessapprox ⪅ lessdot ⋖ lesseqgtr ⋚ lesseqqgtr ⪋ lessgtr ≶ lfbowtie ⧑ lftimes ⧔ lgE ⪑
lgblkcircle ⬤ lgblksquare ⬛ lgroup ⟮ lgwhtcircle ◯ lgwhtsquare ⬜ lhd ⊲ linefeed ↴ llangle ⦉ llarc ◟ llblacktriangle ◣ llbracket ⟦ llcorner ⌞ lll ⋘
lllnest ⫷ llparenthesis ⦇ lltriangle ◺ lmoustache ⎰ lnapprox ⪉ lneq ⪇ lneqq ≨ lnsim ⋦ longdashv ⟞ longdivision ⟌ longleftrightarrow ⟷
longleftsquigarrow ⬳ longmapsfrom ⟻ longmapsto ⟼ longrightsquigarrow ⟿ looparrowleft ↫ looparrowright ↬ lowint ⨜ lozenge ◊ lozengeminus ⟠ lparen (
lparenextender ⎜ lparenlend ⎝ lparenless ⦓ lparenuend ⎛ lrarc ◞ lrblacktriangle ◢ lrcorner ⌟ lrtriangle ◿ lrtriangleeq ⧡ lsime ⪍ lsimg ⪏ lsqhook ⫍
ltcc ⪦ ltcir ⩹ ltimes ⋉ ltlarr ⥶ ltquest ⩻ ltrivb ⧏ lvboxline ⎸ lvzigzag ⧘ male ♂ maltese ✠ mapsdown ↧ mapsfrom ↤ mapsup ↥ mdblkcircle ⚫
mdblkdiamond ⬥ mdblklozenge ⬧ mdblksquare ◼ mdlgblkcircle ● mdlgblkdiamond ◆ mdlgblklozenge ⧫ mdlgblksquare ■ mdlgwhtcircle ○ mdlgwhtdiamond ◇
mdlgwhtlozenge ◊ mdlgwhtsquare □ mdsmblkcircle ⦁ mdsmblksquare ◾ mdsmwhtcircle ⚬ mdsmwhtsquare ◽ mdwhtcircle ⚪ mdwhtdiamond ⬦ mdwhtlozenge ⬨
mdwhtsquare ◻ measangledltosw ⦯ measangledrtose ⦮ measangleldtosw ⦫ measanglelutonw ⦩ measanglerdtose ⦪ measanglerutone ⦨ measangleultonw ⦭
measangleurtone ⦬ measeq ≞ measuredangle ∡ measuredangleleft ⦛ measuredrightangle ⊾ medblackstar ⭑ medwhitestar ⭐ mfrakC ℭ mfrakH ℌ mfrakZ ℨ mho ℧
micro µ midbarvee ⩝ midbarwedge ⩜ midcir ⫰ minus − minusdot ⨪ minusfdots ⨫ minusrdots ⨬ mlcp ⫛ modtwosum ⨊ mscrB ℬ mscrE ℰ mscrF ℱ mscrH ℋ mscrI ℐ
mscrL ℒ mscrM ℳ mscrR ℛ mscre ℯ mscrg ℊ mscro ℴ multimap ⊸ multimapinv ⟜ nHdownarrow ⇟ nHuparrow ⇞ nLeftarrow ⇍ nLeftrightarrow ⇎ nRightarrow ⇏
nVDash ⊯ nVdash ⊮ nVleftarrow ⇺ nVleftarrowtail ⬺ nVleftrightarrow ⇼ nVrightarrow ⇻ nVrightarrowtail ⤕ nVtwoheadleftarrow ⬵ nVtwoheadleftarrowtail ⬽
nVtwoheadrightarrow ⤁ nVtwoheadrightarrowtail ⤘ napprox ≉ nasymp ≭ ncong ≇ nearrow ↗ neovnwarrow ⤱ neovsearrow ⤮ nequiv ≢ neswarrow ⤢ neuter ⚲
nexists ∄ ngeq ≱ ngtr ≯ ngtrless ≹ ngtrsim ≵ nhVvert ⫵ nhpar ⫲ niobar ⋾ nis ⋼ nisd ⋺ nleftarrow ↚ nleftrightarrow ↮ nleq ≰ nless ≮ nlessgtr ≸
nlesssim ≴ nmid ∤ nni ∌ notaccent ̸ nparallel ∦ npolint ⨔ nprec ⊀ npreccurlyeq ⋠ nrightarrow ↛ nsim ≁ nsime ≄ nsimeq ≄ nsqsubseteq ⋢ nsqsupseteq ⋣
nsubset ⊄ nsubseteq ⊈ nsucc ⊁ nsucccurlyeq ⋡ nsupset ⊅ nsupseteq ⊉ ntriangleleft ⋪ ntrianglelefteq ⋬ ntriangleright ⋫ ntrianglerighteq ⋭ nvDash ⊭
nvLeftarrow ⤂ nvLeftrightarrow ⤄ nvRightarrow ⤃ nvartriangleleft ⋪ nvartriangleright ⋫ nvdash ⊬ nvinfty ⧞ nvleftarrow ⇷ nvleftarrowtail ⬹
nvleftrightarrow ⇹ nvrightarrow ⇸ nvrightarrowtail ⤔ nvtwoheadleftarrow ⬴ nvtwoheadleftarrowtail ⬼ nvtwoheadrightarrow ⤀ nvtwoheadrightarrowtail ⤗
nwarrow ↖ nwovnearrow ⤲ nwsearrow ⤡ obar ⌽ obot ⦺ obrbrak ⏠ obslash ⦸ odiv ⨸ odotslashdot ⦼ ogreaterthan ⧁ ohm Ω ohorn ơ oiiint ∰ oiint ∯
ointctrclockwise ∳ olcross ⦻ olessthan ⧀ operp ⦹ opluslhrim ⨭ oplusrhrim ⨮ origof ⊶ oslash ⊘ otimeshat ⨶ otimeslhrim ⨴ otimesrhrim ⨵ parallelogram ▱
parallelogramblack ▰ parsim ⫳ partialmeetcontraction ⪣ pentagon ⬠ pentagonblack ⬟ permil ‰ perps ⫡ pitchfork ⋔ plusdot ⨥ pluseqq ⩲ plushat ⨣ plussim ⨦
plussubtwo ⨧ plustrif ⨨ pointint ⨕ postalmark 〒 precapprox ⪷ preccurlyeq ≼ preceqq ⪳ precnapprox ⪹ precneq ⪱ precneqq ⪵ precnsim ⋨ precsim ≾
profline ⌒ profsurf ⌓ prurel ⊰ pullback ⟓ pushout ⟔ qprime ⁗ quarternote ♩ questeq ≟ rAngle ⟫ rBrace ⦄ rBrack ⟧ rParen ⦆ rangledot ⦒
rangledownzigzagarrow ⍼ rbag ⟆ rblkbrbrak ⦘ rbracelend ⎭ rbracemid ⎬ rbraceuend ⎫ rbrack ] rbrackextender ⎥ rbracklend ⎦ rbracklrtick ⦎ rbrackubar ⦌
rbrackuend ⎤ rbrackurtick ⦐ rbrbrak ❳ rcurvyangle ⧽ rdiagovfdiag ⤫ rdiagovsearrow ⤰ restriction ↾ revangle ⦣ revangleubar ⦥ revemptyset ⦰ revnmid ⫮
rfbowtie ⧒ rftimes ⧕ rgroup ⟯ rhd ⊳ rightangle ∟ rightanglemdot ⦝ rightanglesqr ⦜ rightarrowapprox ⥵ rightarrowbackapprox ⭈ rightarrowbar ⇥
rightarrowbsimilar ⭌ rightarrowdiamond ⤞ rightarrowgtr ⭃ rightarrowonoplus ⟴ rightarrowplus ⥅ rightarrowshortleftarrow ⥂ rightarrowsimilar ⥴
rightarrowsupset ⭄ rightarrowtail ↣ rightarrowtriangle ⇾ rightarrowx ⥇ rightbkarrow ⤍ rightcurvedarrow ⤳ rightdasharrow ⇢ rightdbltail ⤜
rightdotarrow ⤑ rightdowncurvedarrow ⤷ rightfishtail ⥽ rightharpoondown ⇁ rightharpoondownbar ⥗ rightharpoonsupdown ⥤ rightharpoonupbar ⥓
rightharpoonupdash ⥬ rightimply ⥰ rightleftarrows ⇄ rightleftharpoons ⇌ rightleftharpoonsdown ⥩ rightleftharpoonsup ⥨ rightmoon ☽ rightouterjoin ⟖
rightpentagon ⭔ rightpentagonblack ⭓ rightrightarrows ⇉ rightsquigarrow ⇝ righttail ⤚ rightthreearrows ⇶ rightthreetimes ⋌ rightwavearrow ↝
rightwhitearrow ⇨ ringplus ⨢ risingdotseq ≓ rmoustache ⎱ rparen ) rparenextender ⎟ rparengtr ⦔ rparenlend ⎠ rparenuend ⎞ rppolint ⨒ rrangle ⦊
rrbracket ⟧ rrparenthesis ⦈ rsolbar ⧷ rsqhook ⫎ rsub ⩥ rtimes ⋊ rtriltri ⧎ ruledelayed ⧴ rvboxline ⎹ rvzigzag ⧙ sansLmirrored ⅃ sansLturned ⅂
scpolint ⨓ scurel ⊱ searrow ↘ seovnearrow ⤭ set ∅ shortdowntack ⫟ shortlefttack ⫞ shortmid ∣ shortrightarrowleftarrow ⥄ shortuptack ⫠ shuffle ⧢ sime ≃
simgE ⪠ simgtr ⪞ similarleftarrow ⭉ similarrightarrow ⥲ simlE ⪟ simless ⪝ simminussim ⩬ simneqq ≆ simplus ⨤ simrdots ⩫ sinewave ∿
smallblacktriangleleft ◂ smallblacktriangleright ▸ smallin ∊ smallni ∍ smallsetminus ∖ smalltriangleleft ◃ smalltriangleright ▹ smashtimes ⨳
smblkcircle • smblkdiamond ⬩ smblklozenge ⬪ smblksquare ▪ smeparsl ⧤ smile ⌣ smt ⪪ smte ⪬ smwhitestar ⭒ smwhtcircle ◦ smwhtdiamond ⋄ smwhtlozenge ⬫
smwhtsquare ▫ sphericalangle ∢ sphericalangleup ⦡ sqcap ⊓ sqcup ⊔ sqint ⨖ sqlozenge ⌑ sqrtbottom ⎷ sqsubset ⊏ sqsubseteq ⊑ sqsubsetneq ⋤
sqsupset ⊐ sqsupseteq ⊒ sqsupsetneq ⋥ squarebotblack ⬓ squarecrossfill ▩ squarehfill ▤ squarehvfill ▦ squareleftblack ◧ squarellblack ⬕ squarellquad ◱
squarelrblack ◪ squarelrquad ◲ squareneswfill ▨ squarenwsefill ▧ squarerightblack ◨ squaretopblack ⬒ squareulblack ◩ squareulquad ◰ squareurblack ⬔
squareurquad ◳ squarevfill ▥ squoval ▢ sslash ⫽ stareq ≛ strns ⏤ subedot ⫃ submult ⫁ subrarr ⥹ subsetapprox ⫉ subsetcirc ⟃ subsetdot ⪽ subseteqq ⫅
subsetneq ⊊ subsetneqq ⫋ subsetplus ⪿ subsim ⫇ subsub ⫕ subsup ⫓ succapprox ⪸ succcurlyeq ≽ succeqq ⪴ succnapprox ⪺ succneq ⪲ succneqq ⪶ succnsim ⋩
succsim ≿ sumbottom ⎳ sumint ⨋ sumtop ⎲ sun ☼ supdsub ⫘ supedot ⫄ suphsol ⟉ suphsub ⫗ suplarr ⥻ supmult ⫂ supsetapprox ⫊ supsetcirc ⟄ supsetdot ⪾
supseteqq ⫆ supsetneq ⊋ supsetneqq ⫌ supsetplus ⫀ supsim ⫈ supsub ⫔ supsup ⫖ swarrow ↙ talloblong ⫾ textAlpha Α textBeta Β textBhook Ɓ textChi Χ
textChook Ƈ textDafrican Ɖ textDelta Δ textDhook Ɗ textEopen Ɛ textEpsilon Ε textEreversed Ǝ textEsh Ʃ textEta Η textEzh Ʒ textFhook Ƒ textGamma Γ
textGammaafrican Ɣ textHbar Ħ textIota Ι textIotaafrican Ɩ textKappa Κ textKhook Ƙ textLambda Λ textMu Μ textNhookleft Ɲ textNu Ν textOmega Ω
textOmicron Ο textOopen Ɔ textPhi Φ textPhook Ƥ textPi Π textPsi Ψ textRho Ρ textSigma Σ textTau Τ textTbar Ŧ textTheta Θ textThook Ƭ
textTretroflexhook Ʈ textTstroke Ŧ textUpsilon Υ textVhook Ʋ textXi Ξ textYhook Ƴ textZeta Ζ textasciicedilla ¸ textbabygamma ɤ textbaht ฿
textbardotlessj ɟ textbarglotstop ʡ textbari ɨ textbarl ł textbaro ɵ textbarrevglotstop ʢ textbaru ʉ textbeltl ɬ textbhook ɓ textbigcircle ◯
textborn ⋆ textbullseye ʘ textcelsius ℃ textcentereddot · textcentoldstyle ¢ textchi χ textchook ƈ textcloseepsilon ʚ textcloseomega ɷ
textcloserevepsilon ɞ textcolonmonetary ₡ textcrb ƀ textcrd đ textcrh ħ textcrlambda ƛ textctc ɕ textctesh ʆ textctj ʝ textctyogh ʓ textctz ʑ
textdblhyphen ‐ textdblhyphenchar ‐ textdctzlig ʥ textdelta δ textdhook ɗ textdied † textdiscount ⁒ textdivorced ⚮ textdollaroldstyle $ textdong ₫
textdownarrow ↓ textdtail ɖ textdyoghlig ʤ textdzlig ʣ texteopen ɛ textequals = textestimated ℮ texteta η texteturned ǝ textezh ʒ textfishhookr ɾ
textfractionsolidus ⁄ textg g textgammalatinsmall ɣ textglotstop ʔ textguarani ₲ texthbar ħ texthtb ɓ texthtbardotlessj ʄ texthtc ƈ texthtd ɗ
texthtg ɠ texthth ɦ texththeng ɧ texthtk ƙ texthtp ƥ texthtq ʠ texthtscg ʛ texthtt ƭ texthvlig ƕ textinvglotstop ʖ textinvscr ʁ textiota ɩ
textiotalatin ɩ textkappa κ textkhook ƙ textkra ĸ textlambda λ textlangle ⟨ textlbrackdbl ⟦ textleaf ❧ textlengthmark ː textlhti ɿ textlira ₤
textlogicalnot ¬ textlonglegr ɼ textlooptoprevesh ƪ textltailm ɱ textltailn ɲ textltilde ɫ textlyoghlig ɮ textmarried ⚭ textmho ℧ textminus −
textmusicalnote ♪ textnaira ₦ textnhookleft ɲ textnu ν textohm Ω textomega ω textomicron ο textoopen ɔ textopenbullet ◦ textopeno ɔ textoverline ‾
textpalhookbelow ƫ textpertenthousand ‱ textperthousand ‰ textpeso ₱ textphi ɸ textphook ƥ textpi π textpilcrow ¶ textprimstress ˈ textpsi ψ
textquotestraightbase ‚ textquotestraightdblbase „ textraisevibyi ʅ textramshorns ɤ textrangle ⟩ textrbrackdbl ⟧ textrecipe ℞ textreve ɘ
textrevepsilon ɜ textrevglotstop ʕ textrho ρ textrhookrevepsilon ɝ textrhookschwa ɚ textrtaild ɖ textrtaill ɭ textrtailn ɳ textrtailr ɽ textrtails ʂ
textrtailt ʈ textrtailz ʐ textscb ʙ textscg ɢ textsch ʜ textsci ɪ textscl ʟ textscn ɴ textscoelig ɶ textscr ʀ textscripta ɑ textscriptg ɡ
textscriptv ʋ textscy ʏ textsigma σ textstretchc ʗ textsurd √ texttau τ texttbar ŧ texttctclig ʨ texttesh ʧ textteshlig ʧ texttheta θ textthook ƭ
textthorn þ textthornvari þ textthornvarii þ textthornvariii þ textthornvariv þ textthreequartersemdash — texttretroflexhook ʈ texttslig ʦ
texttstroke ŧ textturna ɐ textturnh ɥ textturnk ʞ textturnlonglegr ɺ textturnm ɯ textturnmrleg ɰ textturnr ɹ textturnrrtail ɻ textturnscripta ɒ
textturnt ʇ textturnv ʌ textturnw ʍ textturny ʎ texttwelveudash – textuparrow ↑ textupsilon ʊ textvarsigma ς textvhook ʋ textxi ξ textyhook ƴ
textyogh ʒ textzeta ζ thermod ⧧ thickapprox ≈ thicksim ∼ threedangle ⟀ threedotcolon ⫶ tieconcat ⁀ tieinfty ⧝ timesbar ⨱ tminus ⧿ toea ⤨ tona ⤧
topbot ⌶ topcir ⫱ topfork ⫚ topsemicircle ◠ tosa ⤩ towa ⤪ tplus ⧾ trapezium ⏢ trianglecdot ◬ triangledown ▿ triangleleft ◁ triangleleftblack ◭
trianglelefteq ⊴ triangleminus ⨺ triangleodot ⧊ triangleplus ⨹ triangleq ≜ triangleright ▷ trianglerightblack ◮ trianglerighteq ⊵ triangles ⧌
triangleserifs ⧍ triangletimes ⨻ triangleubar ⧋ tripleplus ⧻ trprime ‴ trslash ⫻ turnangle ⦢ turnediota ℩ turnednot ⌙ twocaps ⩋ twocups ⩊
twoheaddownarrow ↡ twoheadleftarrow ↞ twoheadleftarrowtail ⬻ twoheadleftdbkarrow ⬷ twoheadmapsfrom ⬶ twoheadmapsto ⤅ twoheadrightarrow ↠
twoheadrightarrowtail ⤖ twoheaduparrow ↟ twoheaduparrowcircle ⥉ twolowline ‗ twonotes ♫ typecolon ⦂ ubrbrak ⏡ uhorn ư ularc ◜ ulblacktriangle ◤
ulcorner ⌜ ultriangle ◸ uminus ⩁ unicodecdots ⋯ unicodeellipsis … unlhd ⊴ unrhd ⊵ upAlpha Α upBeta Β upChi Χ upDelta Δ upDigamma Ϝ upEpsilon Ε upEta Η
upGamma Γ upIota Ι upKappa Κ upLambda Λ upMu Μ upNu Ν upOmega Ω upOmicron Ο upPhi Φ upPi Π upPsi Ψ upRho Ρ upSigma Σ upTau Τ upTheta Θ upUpsilon Υ
upXi Ξ upZeta Ζ upalpha α upand ⅋ uparrowbarred ⤉ uparrowoncircle ⦽ upbackepsilon ϶ upbeta β upchi χ updasharrow ⇡ updelta δ updigamma ϝ updownarrow ↕
updownarrowbar ↨ updownarrows ⇅ updownharpoonleftleft ⥑ updownharpoonleftright ⥍ updownharpoonrightleft ⥌ updownharpoonrightright ⥏
updownharpoonsleftright ⥮ upepsilon ε upeta η upfishtail ⥾ upgamma γ upharpoonleft ↿ upharpoonleftbar ⥠ upharpoonright ↾ upharpoonrightbar ⥜
upharpoonsleftright ⥣ upin ⟒ upint ⨛ upiota ι upkappa κ uplambda λ uplus ⊎ upmu μ upnu ν upomega ω upomicron ο upphi φ uppi π uppsi ψ uprho ρ
uprightcurvearrow ⤴ upsigma σ uptau τ uptheta θ upuparrows ⇈ upupsilon υ upwhitearrow ⇧ upxi ξ upzeta ζ urarc ◝ urblacktriangle ◥ urcorner ⌝
urtriangle ◹ vBar ⫨ vBarv ⫩ vDash ⊨ vDdash ⫢ varAlpha Α varBeta Β varChi Χ varDelta Δ varEpsilon Ε varEta Η varGamma Γ varIota Ι varKappa Κ
varLambda Λ varMu Μ varNu Ν varOmega Ω varOmicron Ο varPhi Φ varPi Π varPsi Ψ varRho Ρ varSigma Σ varTau Τ varTheta Θ varUpsilon Υ varVdash ⫦ varXi Ξ
varZeta Ζ varbarwedge ⌅ varcarriagereturn ⏎ varclubsuit ♧ vardiamondsuit ♦ vardoublebarwedge ⌆ varheartsuit ♥ varhexagon ⬡ varhexagonblack ⬢
varhexagonlrbonds ⌬ varisinobar ⋶ varisins ⋳ varlrtriangle ⊿ varniobar ⋽ varnis ⋻ varointclockwise ∲ varspadesuit ♤ varstar ✶ vartriangle ▵
vartriangleleft ⊲ vartriangleright ⊳ varveebar ⩡ vbraceextender ⎪ vbrtri ⧐ vectimes ⨯ veebar ⊻ veedot ⟇ veedoublebar ⩣ veeeq ≚ veemidvert ⩛ veeodot ⩒
veeonvee ⩖ veeonwedge ⩙ viewdata ⌗ vlongdash ⟝ vrectangle ▯ vrectangleblack ▮ vysmblkcircle ∙ vysmblksquare ⬝ vysmwhtcircle ∘ vysmwhtsquare ⬞
vzigzag ⦚ wedgebar ⩟ wedgedot ⟑ wedgedoublebar ⩠ wedgemidvert ⩚ wedgeodot ⩑ wedgeonwedge ⩕ wedgeq ≙ whitearrowupfrombar ⇪ whiteinwhitetriangle ⟁
whitepointerleft ◅ whitepointerright ▻ whitesquaretickleft ⟤ whitesquaretickright ⟥ whthorzoval ⬭ whtvertoval ⬯ wideangledown ⦦ wideangleup ⦧ wr ≀
xbsol ⧹ xsol ⧸ zcmp ⨟ zpipe ⨠ zproject ⨡
`
