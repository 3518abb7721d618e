package csl

// superscripts are the characters that HTML shows as superscripts of others: the
// ordinal indicators, digits, signs and letters that Unicode has as superscripts.
var superscripts = superscriptTable()

func superscriptTable() map[rune]string {
	from := []rune("ªº¹²³⁰⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿʰʱʲʳʴʵʶʷʸˠˡˢˣˤ" +
		"ᴬᴭᴮᴰᴱᴲᴳᴴᴵᴶᴷᴸᴹᴺᴼᴽᴾᴿᵀᵁᵂᵃᵄᵅᵆᵇᵈᵉᵊᵋᵌᵍᵏᵐᵑᵒᵓᵔᵕᵖᵗᵘᵙᵚᵛᵜᵝᵞᵟᵠᵡ" +
		"㆒㆓㆔㆕㆖㆗㆘㆙㆚㆛㆜㆝㆞㆟ˀˁۥۦ")
	to := []rune("ao1230456789+−=()inhɦjrɹɻʁwyɣlsxʕ" +
		"AÆBDEƎGHIJKLMNOȢPRTUWaɐɑᴂbdeəɛɜgkmŋoɔᴖᴗptuᴝɯvᴥβγδφχ" +
		"一二三四上中下甲乙丙丁天地人ʔʕوي")
	table := make(map[rune]string, len(from)+2)
	for i, r := range from {
		table[r] = string(to[i])
	}
	table['℠'], table['™'] = "SM", "TM"
	return table
}
