package language

// frequentWords are the words that a text of each language has most; in lower
// case, with their accents. A question has them and an answer needs not.
func frequentWords() [Count]string {
	return [Count]string{
		English: `the of and in to an is are was were be been for on with by from at as that this these those it its we
			which their they has have not but or can than between into through under after during about over how what why
			when where who new study using based toward towards upon within without across among against`,
		German: `der die das den dem des ein eine einer eines einem einen und oder ist sind war waren wird werden wurde
			wurden nicht mit von vom zu zum zur für auf aus bei beim nach über unter durch im am an in als auch sich es wie
			ihre ihr sein seine dass daß zwischen gegen ohne noch nur aber kann um bis seit vor wir diese dieser dieses`,
		French: `le la les un une des du de d et ou est sont était dans pour par sur avec sans sous au aux ce cette ces
			qui que qu ne pas plus se sa son ses leur leurs nous il elle ils en entre comme mais être à d'après vers chez où`,
		Spanish: `el la los las un una unos unas del de es son fue en para por con sin sobre al se su sus que no más
			como entre este esta estos estas lo le ha desde hasta pero cuando donde también hacia según ser`,
		Italian: `il lo la gli le un una uno di del dello della dei degli delle è sono in nel nella nei nelle per con su
			sul sulla da dal dalla dai dalle al alla ai alle che non si come più tra fra ma anche questo questa ed`,
		Portuguese: `os as um uma uns umas de do da dos das é são em no na nos nas para por pelo pela com sem sobre
			ao aos à às se seu sua seus suas que não mais como entre este esta foi ou mas também ser desde até`,
		Dutch: `de het een en van in op te dat die is zijn was voor met aan bij naar over uit om als ook niet wordt
			worden werd tot tussen onder of maar kan deze dit hun zich er geen meer nog wij waar hoe`,
		Russian: `и в на с по для о от из к не что как его это при до или их за`,
		Swedish: `och att det som en på är av för med till den har de inte om ett från vid eller kan under sin sig
			mellan efter mot hos ur över inom genom också men`,
		Danish: `og at det som en på er af med til den har de ikke om et fra ved eller kan under sin sig mellem
			efter mod hos over blev bliver være også men hvad hvordan nogle`,
		Norwegian: `og at det som en på er av med til den har de ikke om et fra ved eller kan under sin seg mellom
			etter mot hos over ble blir være også men hva hvordan noen`,
		Finnish: `ja on se että oli sekä mutta tai kun niin kuin myös joka ovat sen ovat hän tämä mitä vuoden välillä
			mukaan suomen`,
		Hungarian: `az és egy hogy nem is van volt meg ez azt csak vagy mint de ki el már még után között által szerint
			való amely`,
		Romanian: `și în de la cu pe nu un din este sunt pentru prin ale lui sau mai care că al ai între despre fost după
			unei unui`,
		Turkish: `ve bir bu için ile de da olarak olan üzerine üzerinde gibi daha çok ne kadar sonra ya veya arasında
			göre ilgili`,
	}
}

// titleWords are words that many titles of each language have.
func titleWords() [Count]string {
	return [Count]string{
		German:     "geschichte einführung untersuchung untersuchungen beiträge beitrag studien theorie kritik wissenschaft deutschen deutsche",
		French:     "histoire étude études recherches recherche théorie essai siècle française français",
		Spanish:    "historia estudio estudios introducción análisis teoría siglo española español años",
		Italian:    "storia studio studi ricerche ricerca analisi teoria secolo italiana italiano",
		Portuguese: "história estudo estudos introdução análise teoria século brasil portuguesa",
		Dutch:      "geschiedenis onderzoek inleiding eeuw nederlandse nederland",
		Russian:    "история исследование введение теория анализ",
		Swedish:    "historia studier undersökning svensk svenska sverige",
		Danish:     "historie undersøgelse undersøgelser dansk danske danmark danmarks gennem",
		Norwegian:  "historie undersøkelse undersøkelser norsk norske norge norges gjennom",
		Finnish:    "historia tutkimus tutkimuksia johdatus suomalainen suomalaisen",
		Hungarian:  "magyar története tanulmányok bevezetés",
		Romanian:   "istoria istorie studii introducere română române",
		Turkish:    "tarihi türk üstüne inceleme giriş",
	}
}

// particles are frequent words that names have too ("van der Waals", "Los
// Alamos"): they tell less.
const particles = "van der den von zu zur de het la le les du des el los las san di da do dos das della del al ten ter"

// endings are ends of words that tell a language, for titles without a frequent
// word.
func endings() [Count]string {
	return [Count]string{
		English:    "tion tions sion ing ings ness ity ities ical ically ship ships hood ments ology ologies ism less ful ously ized ised ed ly graphy",
		German:     "ung ungen heit heiten keit keiten schaft schaften lich liche lichen licher isch ische ischen ischer ismus ierung bar chen lein",
		French:     "tions ité ités eux euse euses ique iques eur eurs ement ements aire aires ée ées és isme ais aise aux",
		Spanish:    "ción ciones sión siones dad dades ismo ismos mente ico ica icos icas eza ario aria ada ado ados adas ía ías",
		Italian:    "zione zioni sione sioni ità tà ismo ismi mente ico ica ici iche ezza ezze aggio ale ali ata ate ato ati enza enze gia gie",
		Portuguese: "ção ções são sões dade dades ismo ismos mente ico ica icos icas eza ário ária ada ado ados adas ância ência",
		Dutch:      "heid heden ing ingen schap schappen lijk lijke isch ische atie aties iteit teit eeuw ijke",
		Swedish:    "ningen ningar het heten heter skap skapen lig liga ligt isk iska iskt arna orna erna ismen",
		Danish:     "ningen ninger hed heden heder skab skaber lig lige ligt isk iske erne ismen elsen else elser ering",
		Norwegian:  "ningen ninger het heten heter skap skaper lig lige isk iske ene ismen elsen else elser ering",
		Finnish:    "nen sen ssa ssä sta stä lla llä lta ltä lle minen misen uus yys ista istä",
		Hungarian:  "ság ség ban ben nak nek tól től ról ről hoz hez ás és kor",
		Romanian:   "ția ție ții țiile itate ității esc ească ului elor ilor",
		Turkish:    "lar ler ları leri lık lik luk lük ması mesi sında sinde nın nin",
	}
}
