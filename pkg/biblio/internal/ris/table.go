package ris

// The tables say to which Zotero field a tag belongs, as Zotero's RIS
// translator understands the format. A line is a tag, the field for every
// item type ("-" for none), the fields for some types ("field:type,type") and
// the types that the field for every type is not for ("!type,type").
//
// "creators/…" is a role; "named/…" has no field and is kept in extra under
// that name; "files/…" are attachments; "ignored" says nothing that isn't said
// elsewhere.

// fieldTable serves reading and writing.
const fieldTable = `
AB abstractNote
AN archiveLocation
CN callNumber
DB archive
DO DOI
DP libraryCatalog
J2 journalAbbreviation
KW tags
L1 files/PDF
L2 files/HTML
L4 files/other
N1 notes
ST shortTitle
UR url
Y2 accessDate
TI title subject:email caseName:case nameOfAct:statute
T2 - code:bill,statute bookTitle:bookSection blogTitle:blogPost conferenceName:conferencePaper dictionaryTitle:dictionaryEntry encyclopediaTitle:encyclopediaArticle committee:hearing forumTitle:forumPost websiteTitle:webpage programTitle:radioBroadcast,tvBroadcast meetingName:presentation seriesTitle:computerProgram,map,report,podcast series:book publicationTitle:journalArticle,magazineArticle,newspaperArticle
T3 - legislativeBody:hearing,bill series:bookSection,conferencePaper,journalArticle seriesTitle:audioRecording
AU creators/author creators/artist:artwork creators/cartographer:map creators/composer:audioRecording creators/director:film,radioBroadcast,tvBroadcast,videoRecording creators/interviewee:interview creators/inventor:patent creators/podcaster:podcast creators/programmer:computerProgram
A1 creators/author creators/artist:artwork creators/cartographer:map creators/composer:audioRecording creators/director:film,radioBroadcast,tvBroadcast,videoRecording creators/interviewee:interview creators/inventor:patent creators/podcaster:podcast creators/programmer:computerProgram
A2 - creators/sponsor:bill creators/performer:audioRecording creators/presenter:presentation creators/interviewer:interview creators/editor:journalArticle,bookSection,conferencePaper,dictionaryEntry,document,encyclopediaArticle creators/seriesEditor:book,report creators/recipient:email,instantMessage,letter reporter:case issuingAuthority:patent
A3 - creators/contributor:thesis creators/cosponsor:bill creators/producer:film,tvBroadcast,videoRecording,radioBroadcast creators/editor:book creators/seriesEditor:bookSection,conferencePaper,dictionaryEntry,encyclopediaArticle,map
A4 creators/translator creators/counsel:case creators/contributor:conferencePaper,film,dataset
C1 - filingDate:patent creators/castMember:radioBroadcast,tvBroadcast,videoRecording scale:map place:conferencePaper
C2 - issueDate:patent creators/bookAuthor:bookSection creators/commenter:blogPost
C3 - artworkSize:artwork proceedingsTitle:conferencePaper country:patent
C4 - creators/wordsBy:audioRecording creators/attorneyAgent:patent genre:film
C5 - references:patent audioRecordingFormat:audioRecording,radioBroadcast videoRecordingFormat:film,tvBroadcast,videoRecording
C6 - legalStatus:patent
CY place repositoryLocation:dataset !conferencePaper
DA date dateEnacted:statute dateDecided:case issueDate:patent
ET edition session:bill,hearing,statute versionNumber:computerProgram,dataset
IS issue numberOfVolumes:bookSection !dataset
LA language programmingLanguage:computerProgram
M1 - seriesNumber:book billNumber:bill system:computerProgram documentNumber:hearing applicationNumber:patent publicLawNumber:statute episodeNumber:podcast,radioBroadcast,tvBroadcast
M3 - manuscriptType:manuscript mapType:map reportType:report thesisType:thesis websiteType:blogPost,webpage postType:forumPost letterType:letter interviewMedium:interview presentationType:presentation artworkMedium:artwork audioFileType:podcast
NV numberOfVolumes identifier:dataset !bookSection
OP - history:hearing,statute,bill,case priorityNumbers:patent
PB publisher label:audioRecording court:case distributor:film assignee:patent institution:report repository:dataset university:thesis company:computerProgram studio:videoRecording network:radioBroadcast,tvBroadcast
PY date dateEnacted:statute dateDecided:case issueDate:patent
SE section !case
SN ISBN ISSN:journalArticle,magazineArticle,newspaperArticle patentNumber:patent reportNumber:report
SP pages codePages:bill numPages:book,thesis,manuscript firstPage:case runningTime:film
SV - seriesNumber:bookSection docketNumber:case
VL volume codeNumber:statute codeVolume:bill reporterVolume:case !patent,webpage
`

// habitTable serves reading alone: old specifications, and the habits of
// programs. It is asked where fieldTable has no field, and its tags are
// looked at after all others, so that they never displace them.
const habitTable = `
AD named/AuthorAddress named/InventorAddress:patent
AV archiveLocation
BT backupTitle title:book,manuscript bookTitle:bookSection
CA named/Caption
CR rights
CT title
CY place
ED creators/editor
EP pages
H1 named/LibraryCatalog
H2 named/CallNumber
ID named/ID
IS - versionNumber:dataset
JA journalAbbreviation
JF publicationTitle
JO journalAbbreviation conferenceName:conferencePaper
L3 files/other
LB named/Label
M1 extra issue:journalArticle numberOfVolumes:bookSection accessDate:webpage
M2 extra
M3 DOI
N2 abstractNote
NV numberOfVolumes
OP named/OriginalPublication named/Content:blogPost,computerProgram,film,presentation,report,videoRecording,webpage
RI named/ReviewedItem named/ArticleNumber:statute
RN notes
SE - named/FileDate:case
T1 title subject:email caseName:case nameOfAct:statute
T2 backupTitle
T3 - series:book
TA named/TranslatedAuthor
TT named/TranslatedTitle
VL - named/PatentVersionNumber:patent accessDate:webpage
Y1 date dateEnacted:statute dateDecided:case issueDate:patent
`

// typeTable pairs item types with the type that is written for them, and
// after it with the others that are read as them. A type in brackets is
// written, but read as another.
const typeTable = `
artwork ART CHART FIGURE
audioRecording SOUND MUSIC
bill BILL
blogPost BLOG
book BOOK CLSWK EBOOK EDBOOK SER
bookSection CHAP ECHAP
case CASE LEGAL
computerProgram COMP
conferencePaper CONF CPAPER
dataset DATA DBASE
dictionaryEntry DICT
document (GEN) AGGR ANCIENT EQUA GRNT
email ICOMM
encyclopediaArticle ENCYC
film MPCT ADVS
forumPost (ICOMM)
hearing HEAR
instantMessage (ICOMM)
interview (PCOMM)
journalArticle JOUR ABST EJOUR GEN JFULL
letter PCOMM
magazineArticle MGZN CTLG
manuscript MANSCPT INPR PAMP UNBILL UNPD
map MAP
newspaperArticle NEWS
patent PAT
podcast (SOUND)
preprint (GEN)
presentation SLIDE
radioBroadcast (SOUND)
report RPRT GOVDOC STAND
standard (STAND)
statute STAT
thesis THES
tvBroadcast (MPCT)
videoRecording VIDEO MULTI
webpage ELEC WEB
`
