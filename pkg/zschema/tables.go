// Code generated from Zotero's schema, version 43. DO NOT EDIT.

package zschema

// fieldsOf returns the fields of an item type, in the schema's order, each
// between spaces and followed by "=base" if it stands for a base field; ""
// for a type that the schema doesn't have.
func fieldsOf(itemType string) string {
	switch itemType {
	case "artwork":
		return " title abstractNote artworkMedium=medium artworkSize date eventPlace DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "audioRecording":
		return " title abstractNote audioRecordingFormat=medium seriesTitle volume numberOfVolumes label=publisher place date runningTime ISBN DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "bill":
		return " title abstractNote billNumber=number code codeVolume=volume section codePages=pages legislativeBody=authority session history date DOI citationKey url accessDate shortTitle language rights extra "
	case "blogPost":
		return " title abstractNote blogTitle=publicationTitle websiteType=type date DOI citationKey url accessDate ISSN shortTitle language rights extra "
	case "book":
		return " title abstractNote series seriesNumber volume numberOfVolumes edition date publisher place originalDate originalPublisher originalPlace format=medium numPages ISBN DOI citationKey url accessDate ISSN archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "bookSection":
		return " title abstractNote bookTitle=publicationTitle series seriesNumber volume numberOfVolumes edition date publisher place originalDate originalPublisher originalPlace format=medium pages ISBN DOI citationKey url accessDate ISSN archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "case":
		return " caseName=title abstractNote court=authority dateDecided=date docketNumber=number reporter reporterVolume=volume firstPage=pages history DOI citationKey url accessDate shortTitle language rights extra "
	case "computerProgram":
		return " title abstractNote seriesTitle versionNumber date system company=publisher place programmingLanguage rights citationKey url accessDate DOI ISBN archive archiveLocation libraryCatalog callNumber shortTitle extra "
	case "conferencePaper":
		return " title abstractNote proceedingsTitle=publicationTitle conferenceName publisher place date eventPlace volume issue numberOfVolumes pages series seriesNumber DOI ISBN citationKey url accessDate ISSN archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "dataset":
		return " title abstractNote identifier=number type versionNumber date repository=publisher repositoryLocation=place format=medium DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "dictionaryEntry":
		return " title abstractNote dictionaryTitle=publicationTitle series seriesNumber volume numberOfVolumes edition date publisher place pages ISBN DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "document":
		return " title abstractNote type date publisher place DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "email":
		return " subject=title abstractNote date DOI citationKey url accessDate shortTitle language rights extra "
	case "encyclopediaArticle":
		return " title abstractNote encyclopediaTitle=publicationTitle series seriesNumber volume numberOfVolumes edition date publisher place pages ISBN DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "film":
		return " title abstractNote distributor=publisher place date genre=type videoRecordingFormat=medium runningTime DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "forumPost":
		return " title abstractNote forumTitle=publicationTitle postType=type date DOI citationKey url accessDate shortTitle language rights extra "
	case "hearing":
		return " title abstractNote committee publisher numberOfVolumes documentNumber=number pages legislativeBody=authority session history date place DOI citationKey url accessDate shortTitle language rights extra "
	case "instantMessage":
		return " title abstractNote date DOI citationKey url accessDate shortTitle language rights extra "
	case "interview":
		return " title abstractNote interviewMedium=medium date publisher place DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "journalArticle":
		return " title abstractNote publicationTitle publisher place date volume issue section partNumber partTitle pages series seriesTitle seriesText journalAbbreviation DOI citationKey url accessDate PMID PMCID ISSN archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "letter":
		return " title abstractNote letterType=type date eventPlace DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "magazineArticle":
		return " title abstractNote publicationTitle publisher place date volume issue pages ISSN DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "manuscript":
		return " title abstractNote manuscriptType=type institution=publisher place date numPages number DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "map":
		return " title abstractNote mapType=type scale seriesTitle edition publisher place date DOI ISBN citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "newspaperArticle":
		return " title abstractNote publicationTitle publisher place date volume issue edition section pages ISSN DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "patent":
		return " title abstractNote place country assignee issuingAuthority=authority patentNumber=number filingDate pages applicationNumber priorityNumbers issueDate=date priorityDate=originalDate references legalStatus=status DOI citationKey url accessDate shortTitle language rights extra "
	case "podcast":
		return " title abstractNote seriesTitle episodeNumber=number audioFileType=medium date publisher place runningTime DOI citationKey url accessDate shortTitle language rights extra "
	case "preprint":
		return " title abstractNote genre=type repository=publisher archiveID=number place date series seriesNumber DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "presentation":
		return " title abstractNote presentationType=type date meetingName place series sessionTitle=publicationTitle DOI citationKey url accessDate shortTitle language rights extra "
	case "radioBroadcast":
		return " title abstractNote programTitle=publicationTitle episodeNumber=number audioRecordingFormat=medium network=publisher place date runningTime DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "report":
		return " title abstractNote reportNumber=number reportType=type institution=publisher place date seriesTitle seriesNumber pages DOI ISBN citationKey url accessDate ISSN archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "standard":
		return " title abstractNote organization=authority committee type number versionNumber edition status date publisher place partNumber partTitle ISBN DOI citationKey url accessDate archive archiveLocation shortTitle numPages language libraryCatalog callNumber rights extra "
	case "statute":
		return " nameOfAct=title abstractNote code codeNumber publicLawNumber=number dateEnacted=date pages section session history DOI citationKey url accessDate shortTitle language rights extra "
	case "thesis":
		return " title abstractNote thesisType=type university=publisher place date series seriesNumber numPages DOI ISBN citationKey url accessDate ISSN archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "tvBroadcast":
		return " title abstractNote programTitle=publicationTitle episodeNumber=number videoRecordingFormat=medium network=publisher place date runningTime DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "videoRecording":
		return " title abstractNote videoRecordingFormat=medium seriesTitle volume numberOfVolumes studio=publisher place date runningTime ISBN DOI citationKey url accessDate archive archiveLocation shortTitle language libraryCatalog callNumber rights extra "
	case "webpage":
		return " title abstractNote websiteTitle=publicationTitle websiteType=type date publisher place DOI citationKey url accessDate shortTitle language rights extra "
	}
	return ""
}

// creatorsOf returns the roles of creators of an item type, each between
// spaces, the primary one first.
func creatorsOf(itemType string) string {
	switch itemType {
	case "artwork":
		return " artist contributor "
	case "audioRecording":
		return " performer originalCreator composer wordsBy translator contributor "
	case "bill":
		return " sponsor cosponsor contributor "
	case "blogPost":
		return " author translator commenter contributor "
	case "book", "conferencePaper", "dictionaryEntry", "encyclopediaArticle":
		return " author contributor editor translator seriesEditor "
	case "bookSection":
		return " author contributor editor bookAuthor translator seriesEditor "
	case "case":
		return " author counsel contributor "
	case "computerProgram":
		return " programmer contributor "
	case "dataset", "forumPost", "statute", "thesis":
		return " author contributor "
	case "document", "journalArticle", "preprint":
		return " author contributor editor translator reviewedAuthor "
	case "email":
		return " author translator contributor recipient "
	case "film":
		return " director producer scriptwriter castMember host guest narrator translator contributor "
	case "hearing":
		return " contributor "
	case "instantMessage":
		return " author contributor recipient "
	case "interview":
		return " interviewee contributor interviewer translator "
	case "letter":
		return " author recipient contributor translator "
	case "magazineArticle", "newspaperArticle":
		return " author contributor translator reviewedAuthor "
	case "manuscript", "webpage":
		return " author contributor translator "
	case "map":
		return " cartographer contributor seriesEditor "
	case "patent":
		return " inventor attorneyAgent contributor "
	case "podcast":
		return " podcaster guest producer executiveProducer seriesCreator director scriptwriter castMember translator contributor "
	case "presentation":
		return " presenter chair organizer contributor translator "
	case "radioBroadcast":
		return " creator host guest producer executiveProducer seriesCreator director scriptwriter castMember translator contributor "
	case "report":
		return " author editor contributor translator seriesEditor "
	case "standard":
		return " author editor contributor "
	case "tvBroadcast":
		return " director producer executiveProducer seriesCreator scriptwriter castMember host guest narrator translator contributor "
	case "videoRecording":
		return " creator director producer scriptwriter executiveProducer castMember host guest narrator translator contributor "
	}
	return ""
}
