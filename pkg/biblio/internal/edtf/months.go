package edtf

// monthNamed returns the month that word names, or 0. The names are those of
// about forty languages, long and short, in lower case without diacritics (as
// tokenize folds them). Where two languages give one name to different months
// ("lis", "srp"), it stands for that of the language more often met, or for
// none.
func monthNamed(word string) int {
	switch word {
	case "ene", "enero", "gen", "gener", "gennaio", "ian", "ianuarie", "jaan", "jaanuar", "jan", "janeiro", "januar", "januari", "januarie", "january", "janv",
		"janvier", "leden", "ledna", "oca", "ocak", "sau", "sausio", "sij", "sijecanj", "sty", "styczen", "stycznia", "tammi", "tammikuu", "urt", "urtarrila", "ιαν",
		"ιανουαριος", "ιανουαριου", "січ", "січень", "січня", "январь", "января", "яну", "януари", "јан", "јануар", "ינואר", "يناير", "ژانویه", "มกราคม", "一月":
		return 1
	case "feb", "febbraio", "febr", "febrer", "febrero", "februar", "februari", "februarie", "february", "fev", "fevereiro", "fevr", "fevrier", "helmi", "helmikuu",
		"lut", "lutego", "luty", "otsaila", "sub", "subat", "unor", "unora", "vas", "vasario", "veebr", "veebruar", "veljaca", "φεβ", "φεβρουαριος", "φεβρουαριου",
		"лют", "лютии", "лютого", "феб", "фебруар", "фев", "февраль", "февраля", "февруари", "פברואר", "فبراير", "فوریه", "二月":
		return 2
	case "bre", "brezen", "brezna", "kov", "kovo", "maalis", "maaliskuu", "maart", "maerz", "mar", "marc", "marca", "march", "marcius", "marco", "marec", "maret",
		"mars", "mart", "martie", "marts", "martxoa", "marz", "marzec", "marzo", "mrt", "mrz", "ozu", "ozujak", "μαρ", "μαρτιος", "μαρτιου", "бер", "березень",
		"березня", "мар", "март", "марта", "מרץ", "مارس", "三月":
		return 3
	case "abr", "abril", "apirila", "apr", "april", "aprile", "aprilie", "aprilis", "aprill", "avr", "avril", "balandzio", "duben", "dubna", "huhti", "huhtikuu", "kwi",
		"kwiecien", "kwietnia", "nis", "nisan", "travanj", "απρ", "απριλιος", "απριλιου", "апр", "апрель", "апреля", "април", "кві", "квітень", "квітня", "אפריל",
		"ابريل", "اوریل", "เมษายน", "四月":
		return 4
	case "geg", "geguzes", "kve", "kveten", "kvetna", "maggio", "mai", "maiatza", "maig", "maio", "maj", "maja", "majus", "may", "mayis", "mayo", "mayıs", "mei", "svi",
		"svibanj", "touko", "toukokuu", "μαι", "μαιος", "μαιου", "маи", "мая", "мај", "тра", "травень", "травня", "מאי", "مايو", "مه", "พฤษภาคม", "五月":
		return 5
	case "bir", "birzelio", "cerven", "cervna", "cvn", "cze", "czerwca", "czerwiec", "eka", "ekaina", "giu", "giugno", "haz", "haziran", "iun", "iunie", "juin", "jun",
		"june", "junho", "juni", "junie", "junij", "junio", "junius", "juny", "juun", "juuni", "kesa", "kesakuu", "lipanj", "ukt", "ιουν", "ιουνιος", "ιουνιου", "июнь",
		"июня", "чер", "червень", "червня", "юни", "јун", "יוני", "يونيو", "ژوين", "六月":
		return 6
	case "cervence", "cervenec", "cnc", "heina", "heinakuu", "iul", "iulie", "juil", "juill", "juillet", "jul", "julho", "juli", "julie", "julij", "julio", "juliol",
		"julius", "july", "juul", "juuli", "liepos", "lipca", "lipiec", "lug", "luglio", "srpanj", "tem", "temmuz", "uzt", "uztaila", "ιουλ", "ιουλιος", "ιουλιου",
		"июль", "июля", "лип", "липень", "липня", "юли", "јул", "יולי", "يوليو", "ژويیه", "กรกฎาคม", "七月":
		return 7
	case "abu", "abuztua", "ag", "ago", "agost", "agosto", "agu", "agust", "agustos", "agustus", "aou", "aout", "aug", "august", "augusti", "augustus", "augusztus",
		"avg", "avgust", "elo", "elokuu", "kol", "kolovoz", "rgp", "rugpjucio", "sie", "sierpien", "sierpnia", "srpen", "srpna", "αυγ", "αυγουστος", "αυγουστου", "авг",
		"август", "августа", "сер", "серпень", "серпня", "אוגוסט", "اغسطس", "اوت", "八月":
		return 8
	case "eyl", "eylul", "iraila", "rgs", "rugsejo", "ruj", "rujan", "sep", "sept", "september", "septembre", "septembrie", "septiembre", "set", "setembre", "setembro",
		"settembre", "syys", "syyskuu", "szeptember", "wrz", "wrzesien", "wrzesnia", "zar", "zari", "σεπ", "σεπτεμβριος", "σεπτεμβριου", "вер", "вересень", "вересня",
		"сентябрь", "сентября", "сеп", "септембар", "септември", "ספטמבר", "سبتمبر", "سپتامبر", "九月":
		return 9
	case "eki", "ekim", "loka", "lokakuu", "oct", "october", "octobre", "octombrie", "octubre", "okt", "oktober", "oktoober", "ott", "ottobre", "out", "outubro", "paz",
		"pazdziernik", "pazdziernika", "rij", "rijen", "rijna", "spalio", "spl", "urr", "urria", "οκτ", "οκτωβριος", "οκτωβριου", "жов", "жовтень", "жовтня", "окт",
		"октобар", "октомври", "октябрь", "октября", "אוקטובר", "اكتوبر", "اکتبر", "十月":
		return 10
	case "aza", "azaroa", "kas", "kasim", "kasım", "lap", "lapkricio", "lis", "listopad", "listopada", "listopadu", "marras", "marraskuu", "noi", "noiembrie", "nov",
		"november", "novembre", "novembro", "noviembre", "stu", "studeni", "νοε", "νοεμβριος", "νοεμβριου", "лис", "листопад", "листопада", "нов", "новембар", "ное",
		"ноември", "ноябрь", "ноября", "נובמבר", "نوامبر", "نوفمبر", "十一月":
		return 11
	case "abe", "abendua", "ara", "aralik", "aralık", "dec", "december", "decembre", "decembrie", "des", "desember", "desembre", "dets", "detsember", "dez", "dezember",
		"dezembro", "dic", "dicembre", "diciembre", "grd", "gru", "grudnia", "grudzien", "gruodzio", "joulu", "joulukuu", "prosinac", "prosince", "prosinec", "δεκ",
		"δεκεμβριος", "δεκεμβριου", "гру", "грудень", "грудня", "дек", "декабрь", "декабря", "декември", "дец", "децембар", "דצמבר", "دسامبر", "ديسمبر", "十二月":
		return 12
	}
	return 0
}
