/** Words for people, as sources of patterns: who a sentence is about decides whether it blames. */

/** Roles and teams; `(?-i:…)` because a name is told from a word by its capital. */
const ROLES =
  'engineers?|operators?|developers?|devs?|admins?|administrators?|sysadmins?|dbas?|sres?|interns?|contractors?|employees?|colleagues?|technicians?|maintainers?|reviewers?|responders?|managers?|someone|somebody|staff member|on-?call(?: (?:engineer|person|responder))?';

/** First names that are common in teams. A name that is not here is known when it took part in the incident. */
const FIRST_NAMES =
  'Aaron|Ada|Adam|Ahmed|Alan|Alex|Alexander|Alexandra|Alice|Ali|Amanda|Amy|Ana|Andrea|Andreas|Andrew|Andy|Angela|Anita|Anja|Ann|Anna|Anne|Anton|Arjun|Ben|Benjamin|Bob|Brian|Carl|Carlos|Carol|Caroline|Catherine|Charles|Charlie|Chen|Chloe|Chris|Christian|Christina|Claire|Clara|Dan|Daniel|Dave|David|Deepak|Diana|Dmitri|Ed|Elena|Elizabeth|Ella|Emily|Emma|Eric|Erik|Eva|Fatima|Felix|Frank|Fred|Gary|George|Grace|Greg|Hannah|Hans|Harry|Helen|Henry|Ian|Igor|Irina|Isabel|Ivan|Jack|Jake|James|Jan|Jane|Jason|Javier|Jean|Jeff|Jen|Jennifer|Jens|Jenny|Jim|Joan|Joe|Johan|John|Jon|Jonas|Jonathan|Jordan|Jose|Joseph|Josh|Juan|Julia|Julie|Karen|Karl|Kate|Katie|Keith|Kevin|Kim|Kumar|Lars|Laura|Lea|Lena|Leo|Linda|Lisa|Liu|Louis|Lucas|Lucy|Luis|Luke|Maria|Marie|Mario|Mark|Markus|Martin|Mary|Matt|Matthew|Max|Megan|Mei|Michael|Michelle|Miguel|Mike|Mohamed|Mohammed|Nancy|Natalie|Nick|Nicole|Nina|Oleg|Olga|Oliver|Olivia|Omar|Oscar|Pablo|Pat|Patrick|Paul|Paula|Pavel|Pedro|Peter|Petra|Phil|Philip|Pierre|Priya|Rachel|Rahul|Raj|Rebecca|Richard|Rob|Robert|Roger|Rosa|Ryan|Sam|Samuel|Sandra|Sanjay|Sara|Sarah|Scott|Sean|Sergey|Simon|Sofia|Sophie|Stefan|Stephen|Steve|Steven|Sue|Susan|Thomas|Tim|Tina|Tom|Tony|Ursula|Vera|Victor|Vikram|Vladimir|Walter|Wei|William|Yuki|Yusuf|Zoe';
/** `Ada Lovelace`, unless a part of it is a word for a piece of software: `Payments Service`. */
const FULL_NAME =
  '\\p{Lu}\\p{Ll}{1,20} (?!Api\\b|App\\b|Cache\\b|Cluster\\b|Cloud\\b|Database\\b|Engine\\b|Gateway\\b|Network\\b|Node\\b|Page\\b|Pipeline\\b|Platform\\b|Proxy\\b|Queue\\b|Release\\b|Router\\b|Server\\b|Service\\b|Site\\b|Store\\b|System\\b|Worker\\b)\\p{Lu}\\p{Ll}{1,20}';

export const NAME = `(?-i:(?:${FIRST_NAMES})(?: \\p{Lu}\\p{Ll}{0,20}\\.?)?)`;
export const TEAM =
  '(?:the |our )?(?:[\\p{L}\\p{N}&-]{1,30} ){0,2}(?:team|squad|crew|guild|department|developers|engineers|folks)';
export const PERSON = `(?:(?:an? |the |our |some )?(?:[\\p{L}-]{1,20} )?(?:${ROLES})|he|she|${NAME})`;
/** Pronouns blame too, where the verb is one of breaking. */
export const ANYONE = `(?:${PERSON}|${TEAM}|I|we|(?-i:${FULL_NAME}))`;
