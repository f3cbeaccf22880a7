//! The names that believable people are made of, in groups whose given and family names fit together.
//!
//! Names are divided by spaces; an underscore is a space inside a name. What an address cannot be made of by
//! leaving accents off has its ASCII form after a `|`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    GivenFirst,
    FamilyFirst,
    /// Family name and given name without a space.
    Joined,
    /// The given name is all there is.
    Alone,
}

/// Names that fit together.
#[derive(Debug)]
pub struct Group {
    /// How often it comes, beside the others.
    pub weight: u64,
    pub order: Order,
    /// Separated by spaces; what follows a `|` is the spelling in an email address.
    pub given: &'static str,
    /// Written like [`Self::given`].
    pub family: &'static str,
    /// Of a hundred, how many have two family names, joined by a hyphen.
    pub double: u64,
    /// Where these people have their addresses, beside the organisation's own domain.
    pub domains: &'static [&'static str],
    /// Of a hundred, how many read German, and how many French.
    pub reads: (u64, u64),
}

const ENGLISH: Group = Group {
    weight: 150,
    order: Order::GivenFirst,
    given: "Ada Grace Oliver Amelia George Charlotte Harry Emily Thomas Alice Edward Hannah Samuel Lucy Benjamin Rosalind \
            Arthur Florence Henry Margaret Frances Dorothy Walter Ruth Martin Helen Simon Abigail Daniel Evelyn",
    family: "Hopper Clarke Bennett Whitfield Marsh Turner Ashworth Cole Franklin Hughes Palmer Reed Barker Lovell Holt \
             Wainwright Spencer Fletcher Hargreaves Sutton Wood Mason Pritchard Ellis Blackwell Cartwright Dawson Thorne",
    double: 5,
    domains: &["navy.example", "college.example", "harbour.example", "library.example"],
    reads: (0, 0),
};

const GERMAN: Group = Group {
    weight: 150,
    order: Order::GivenFirst,
    given: "Anna Lukas Katharina Jürgen|juergen Sabine Matthias Anna-Lena Heike Stefan Käthe|kaethe Felix Ursula Jan-Philipp \
            Birgit Jörg|joerg Friederike Sebastian Monika Götz|goetz Annegret Maximilian Lieselotte Torsten Eva-Maria \
            Uwe Johanna Karl-Heinz Clara Moritz Renate",
    family: "Müller|mueller Schmidt Weiß|weiss Krüger|krueger Hoffmann Schäfer|schaefer Koch Bauer Richter Vogel Köhler|koehler \
             Zimmermann Brandt Lindner Großmann|grossmann Winkler Böhm|boehm von_Arnim Hartmann Jäger|jaeger Seidel \
             Kästner|kaestner Ziegler Schönfeld|schoenfeld Engelhardt Pfeiffer Wolff Lehmann Thoma Dietrich",
    double: 8,
    domains: &["klinik.example", "stadtwerke.example", "hochschule.example", "bibliothek.example"],
    reads: (92, 0),
};

const FRENCH: Group = Group {
    weight: 120,
    order: Order::GivenFirst,
    given: "Camille Jean-Luc Élodie Théo Marie-Claire François Aurélie Hélène Benoît Chloé Jérôme Solène Rémi Anaïs \
            Jean-Baptiste Noémie Guillaume Maëlle Étienne Joëlle Pascal Océane Anne-Sophie Loïc Bérénice",
    family: "Lefèvre Moreau Dupont Girard Fournier d’Été|dete Beaumont Châtelain Rousseau Mercier Lambert Le_Goff \
             Delacroix Besson Garnier Chevalier Guérin Marchand de_La_Tour Perrault Leclercq Aubry Vasseur Béranger Carpentier",
    double: 5,
    domains: &["mairie.example", "universite.example", "hopital.example"],
    reads: (1, 94),
};

const SPANISH: Group = Group {
    weight: 60,
    order: Order::GivenFirst,
    given: "Lucía Javier María_José Íñigo Begoña Álvaro Carmen Sofía Raúl Inés Joaquín Pilar Andrés Ximena Martín Nuria \
            José_Luis Rocío Esteban Marisol",
    family: "García Fernández Ibáñez Núñez Ortega Muñoz Vázquez Castillo Peña Herrera Domínguez Quiñones Salazar \
             Rodríguez_López Gómez_Arias Ruiz_de_Alarcón Etxeberria Cabrera Zúñiga Montero",
    double: 0,
    domains: &["ayuntamiento.example", "universidad.example"],
    reads: (0, 6),
};

const PORTUGUESE: Group = Group {
    weight: 45,
    order: Order::GivenFirst,
    given: "João Beatriz Gonçalo Inês Tiago Conceição Rui Luísa Antônio Letícia Vinícius Helena Thiago Fátima Nuno",
    family: "Silva Gonçalves Araújo Simões Magalhães Conceição dos_Santos Figueiredo Brandão Carvalho Assunção Leitão \
             da_Costa Nogueira Moura",
    double: 0,
    domains: &["camara.example", "universidade.example"],
    reads: (2, 10),
};

const ITALIAN: Group = Group {
    weight: 45,
    order: Order::GivenFirst,
    given: "Giulia Lorenzo Niccolò Chiara Matteo Francesca Alessandro Ilaria Davide Benedetta Giosuè Elisa Pietro Serena Carlo",
    family: "Rossi Bianchi Dell’Acqua|dellacqua Ferrari De_Luca Moretti D’Angelo|dangelo Fontana Cattaneo Marchetti \
             Sanna Grimaldi Rinaldi Pellegrini Lo_Presti",
    double: 0,
    domains: &["comune.example", "ospedale.example"],
    reads: (8, 8),
};

const POLISH_WOMEN: Group = Group {
    weight: 22,
    order: Order::GivenFirst,
    given: "Agnieszka Małgorzata Zofia Żaneta Katarzyna Łucja Bożena Wiesława Hanna Świętosława",
    family: "Kowalska Wiśniewska Dąbrowska Zielińska Szymańska Wójcik Źródlana Krawczyk Jabłońska Gołębiewska",
    double: 10,
    domains: &["uczelnia.example"],
    reads: (35, 0),
};

const POLISH_MEN: Group = Group {
    weight: 20,
    order: Order::GivenFirst,
    given: "Łukasz Wojciech Stanisław Michał Grzegorz Sławomir Zbigniew Paweł Krzysztof Bogusław",
    family: "Kowalski Wiśniewski Dąbrowski Zieliński Szymański Wójcik Brzęczyszczykiewicz Krawczyk Jabłoński Gołębiewski",
    double: 0,
    domains: &["uczelnia.example"],
    reads: (35, 0),
};

const CZECH_WOMEN: Group = Group {
    weight: 14,
    order: Order::GivenFirst,
    given: "Jana Božena Kateřina Zdeňka Ludmila Růžena Tereza Šárka Eliška",
    family: "Nováková Svobodová Dvořáková Černá Procházková Kučerová Říhová Šťastná Hájková",
    double: 0,
    domains: &["knihovna.example"],
    reads: (40, 0),
};

const CZECH_MEN: Group = Group {
    weight: 14,
    order: Order::GivenFirst,
    given: "Jiří Ondřej Tomáš Vojtěch Zdeněk Matěj Řehoř Lukáš Štěpán",
    family: "Novák Svoboda Dvořák Černý Procházka Kučera Říha Šťastný Hájek",
    double: 0,
    domains: &["knihovna.example"],
    reads: (40, 0),
};

const TURKISH: Group = Group {
    weight: 40,
    order: Order::GivenFirst,
    given: "Ayşe Çağlar Gülşen Işıl Oğuz İbrahim Şebnem Yiğit Özlem Kıvanç Zeynep Ümit Elif Doğukan",
    family: "Yılmaz Öztürk Şahin Çelik Kılıç Aydın Güneş Erdoğdu Işık Doğan Karaca Ünal Bozkurt Taşkıran",
    double: 3,
    domains: &["belediye.example"],
    reads: (50, 0),
};

const NORDIC: Group = Group {
    weight: 55,
    order: Order::GivenFirst,
    given: "Åsa Øystein Ingrid Søren Mårten Kjersti Jøran Märta Håkon Liv Aino Väinö Þórunn Björk Torbjørn Sigríður Eero \
            Anne-Grete Gustav Solveig",
    family: "Lindström Ødegård Sørensen Nyström Bjørnstad Ångström Virtanen Mäkelä Kristjánsdóttir Håkansson Østergaard \
             Lund Berg Aaltonen Hämäläinen Dahl Sjöberg Nygård Ravn Ek",
    double: 4,
    domains: &["fjord.example", "kommune.example"],
    reads: (3, 0),
};

const DUTCH: Group = Group {
    weight: 20,
    order: Order::GivenFirst,
    given: "Sanne Joost Fleur Willem Renée Thijs Marijke Daniël Anouk Pieter",
    family: "de_Vries van_den_Berg Bakker van_’t_Hof|vanthof Visser Smit de_Wit Dekker van_Leeuwen ten_Brink",
    double: 4,
    domains: &["haven.example"],
    reads: (10, 5),
};

const IRISH: Group = Group {
    weight: 35,
    order: Order::GivenFirst,
    given: "Aoife Seán Siobhán Cillian Niamh Pádraig Gráinne Tadhg Róisín Eoin Caoimhe Dónal",
    family: "O’Connor|o'connor O’Brien|o'brien Ó_Súilleabháin Byrne O’Shea|oshea D’Arcy|d'arcy MacCarthy Ní_Bhriain O’Neill|oneill \
             Gallagher Fitzgerald Doherty",
    double: 3,
    domains: &["coast.example"],
    reads: (0, 0),
};

const VIETNAMESE: Group = Group {
    weight: 35,
    order: Order::FamilyFirst,
    given: "Thị_Ánh Văn_Đức Minh_Châu Quốc_Bảo Thu_Hà Thanh_Tùng Ngọc_Diệp Hoàng_Long Phương_Thảo Đình_Phúc Bích_Ngọc Tuấn_Anh",
    family: "Nguyễn Trần Lê Phạm Hoàng Võ Đặng Bùi Đỗ Hồ Ngô Dương",
    double: 0,
    domains: &["lotus.example"],
    reads: (4, 20),
};

const YORUBA: Group = Group {
    weight: 22,
    order: Order::GivenFirst,
    given: "Adébáyọ̀ Fọlákẹ́ Olúwaṣeun Títílayọ̀ Babátúndé Yétúndé Ayọ̀délé Ṣadé Kẹ́hìndé Morẹ́nikẹ́",
    family: "Adéyẹmí Ògúnlẹ́yẹ Olátúnjí Akínwándé Ọláyínká Fálọlá Adélékè Bánkọ́lé Ṣóyínká Oyèníyì",
    double: 3,
    domains: &["lagoon.example"],
    reads: (0, 0),
};

const IGBO: Group = Group {
    weight: 16,
    order: Order::GivenFirst,
    given: "Chinedu Ngozi Obinna Adaeze Ikenna Chiamaka Ụchenna Nneka Emeka Ifeọma",
    family: "Okonkwo Nwosu Eze Okafor Anyanwụ Nwachukwu Onyekachi Ibekwe Ụzọchukwu Mbah",
    double: 3,
    domains: &["lagoon.example"],
    reads: (0, 0),
};

const AMHARIC: Group = Group {
    weight: 14,
    order: Order::GivenFirst,
    given: "አበበ|abebe ሰላም|selam ተስፋዬ|tesfaye ሕይወት|hiwot ዳዊት|dawit መሠረት|meseret ብርሃኑ|birhanu ትዕግሥት|tigist",
    family: "በቀለ|bekele ገብረ_ማርያም|gebremariam ኃይሉ|hailu ወልደ_ጊዮርጊስ|woldegiorgis ታደሰ|tadesse አለሙ|alemu ከበደ|kebede ግርማ|girma",
    double: 0,
    domains: &["highland.example"],
    reads: (0, 4),
};

const ARABIC: Group = Group {
    weight: 25,
    order: Order::GivenFirst,
    given: "محمد|mohammed فاطمة|fatima أحمد|ahmed ليلى|layla يوسف|youssef مريم|maryam خالد|khaled نور|nour عمر|omar هدى|huda سلمى|salma",
    family: "علي|ali الحداد|alhaddad المصري|almasri حسن|hassan النجار|alnajjar الخطيب|alkhatib منصور|mansour العمري|alomari \
             صالح|saleh قاسم|qasim الشامي|alshami",
    double: 0,
    domains: &["jamia.example"],
    reads: (2, 22),
};

const ARABIC_IN_LATIN: Group = Group {
    weight: 30,
    order: Order::GivenFirst,
    given: "Karim Yasmine Abdel_Rahman Nadia Tarek Amina Hicham Samira Bilal Zineb Rachid Leïla",
    family: "Benali El_Mansouri Haddad Bouzid Al-Khalidi Cherkaoui Nasser Belkacem Abou_Zeid Ziani El-Amrani Mokhtar",
    double: 0,
    domains: &["universite.example", "medina.example"],
    reads: (4, 60),
};

const HEBREW: Group = Group {
    weight: 16,
    order: Order::GivenFirst,
    given: "נועה|noa יונתן|yonatan תמר|tamar איתי|itai שירה|shira דוד|david מאיה|maya אורי|uri רחל|rachel",
    family: "לוי|levi כהן|cohen מזרחי|mizrahi פרץ|peretz אברהם|avraham שפירא|shapira בן-דוד|ben-david ברק|barak גולן|golan",
    double: 0,
    domains: &["galil.example"],
    reads: (0, 3),
};

const HINDI: Group = Group {
    weight: 30,
    order: Order::GivenFirst,
    given: "Priya Rohan Ananya Vikram Kavita Arjun Meera Sanjay Deepika Rahul Nisha Aditya",
    family: "Sharma Gupta Mehta Verma Chatterjee Kapoor Deshpande Joshi Banerjee Malhotra Mishra Rao",
    double: 2,
    domains: &["monsoon.example"],
    reads: (2, 0),
};

const HINDI_IN_DEVANAGARI: Group = Group {
    weight: 12,
    order: Order::GivenFirst,
    given: "प्रिया|priya रोहन|rohan कविता|kavita अर्जुन|arjun मीरा|meera संजय|sanjay सुनीता|sunita",
    family: "शर्मा|sharma गुप्ता|gupta वर्मा|verma मिश्रा|mishra जोशी|joshi सिंह|singh त्रिपाठी|tripathi",
    double: 0,
    domains: &["monsoon.example"],
    reads: (0, 0),
};

const TAMIL: Group = Group {
    weight: 18,
    order: Order::GivenFirst,
    given: "கார்த்திக்|karthik மீனாட்சி|meenakshi முருகன்|murugan கவிதா|kavitha செந்தில்|senthil யாழினி|yazhini \
            Lakshmi Arun Nandhini Velan",
    family: "சுப்பிரமணியம்|subramaniam ராஜன்|rajan கிருஷ்ணன்|krishnan Venkataraghavan Sundaram இளங்கோ|ilango Natarajan குமார்|kumar",
    double: 0,
    domains: &["monsoon.example"],
    reads: (2, 4),
};

const CHINESE: Group = Group {
    weight: 38,
    order: Order::Joined,
    given: "伟|wei 芳|fang 秀英|xiuying 娜|na 敏|min 静|jing 志强|zhiqiang 丽|li 建国|jianguo 晓明|xiaoming 雨桐|yutong 子轩|zixuan",
    family: "王|wang 李|li 张|zhang 刘|liu 陈|chen 杨|yang 黄|huang 赵|zhao 周|zhou 吴|wu 欧阳|ouyang 徐|xu",
    double: 0,
    domains: &["yunhe.example"],
    reads: (2, 2),
};

const JAPANESE: Group = Group {
    weight: 36,
    order: Order::FamilyFirst,
    given: "直美|naomi 健太|kenta 陽子|yoko 大輔|daisuke さくら|sakura 翔太|shota 美咲|misaki 浩|hiroshi 結衣|yui 誠|makoto あかり|akari 蓮|ren",
    family: "渡辺|watanabe 佐藤|sato 鈴木|suzuki 高橋|takahashi 田中|tanaka 伊藤|ito 山本|yamamoto 中村|nakamura 小林|kobayashi \
             加藤|kato 吉田|yoshida 長谷川|hasegawa",
    double: 0,
    domains: &["u-tokyo.example"],
    reads: (1, 2),
};

const KOREAN: Group = Group {
    weight: 28,
    order: Order::Joined,
    given: "민준|minjun 서연|seoyeon 지훈|jihoon 하은|haeun 도윤|doyun 수빈|subin 예준|yejun 지우|jiwoo 현우|hyunwoo 은지|eunji",
    family: "김|kim 이|lee 박|park 최|choi 정|jung 강|kang 조|cho 윤|yoon 장|jang 남궁|namgung",
    double: 0,
    domains: &["hangang.example"],
    reads: (2, 1),
};

const UKRAINIAN: Group = Group {
    weight: 18,
    order: Order::GivenFirst,
    given: "Оксана|oksana Тарас|taras Олена|olena Богдан|bohdan Софія|sofiia Андрій|andrii Наталія|nataliia Юрій|yurii",
    family: "Шевченко|shevchenko Коваленко|kovalenko Бондаренко|bondarenko Ткаченко|tkachenko Мельник|melnyk Кравець|kravets \
             Гнатюк|hnatiuk Лисенко|lysenko",
    double: 0,
    domains: &["dnipro.example"],
    reads: (30, 2),
};

const GREEK: Group = Group {
    weight: 16,
    order: Order::GivenFirst,
    given: "Ελένη|eleni Γιώργος|giorgos Αικατερίνη|aikaterini Νίκος|nikos Δέσποινα|despina Στέλιος|stelios Ζωή|zoi",
    family: "Παπαδοπούλου|papadopoulou Νικολάου|nikolaou Ιωάννου|ioannou Αλεξίου|alexiou Γεωργίου|georgiou Βασιλείου|vasileiou",
    double: 0,
    domains: &["limani.example"],
    reads: (25, 3),
};

const ONE_WORD: Group = Group {
    weight: 10,
    order: Order::Alone,
    given: "Wulandari Suharsono Kartika Nyandra Sulastri Bambang Ratnasari Hariyanto Purnama Widodo Setiawati",
    family: "",
    double: 0,
    domains: &["pasar.example"],
    reads: (0, 0),
};

pub const GROUPS: &[Group] = &[
    ENGLISH,
    GERMAN,
    FRENCH,
    SPANISH,
    PORTUGUESE,
    ITALIAN,
    POLISH_WOMEN,
    POLISH_MEN,
    CZECH_WOMEN,
    CZECH_MEN,
    TURKISH,
    NORDIC,
    DUTCH,
    IRISH,
    VIETNAMESE,
    YORUBA,
    IGBO,
    AMHARIC,
    ARABIC,
    ARABIC_IN_LATIN,
    HEBREW,
    HINDI,
    HINDI_IN_DEVANAGARI,
    TAMIL,
    CHINESE,
    JAPANESE,
    KOREAN,
    UKRAINIAN,
    GREEK,
    ONE_WORD,
];

/// A name that no column is wide enough for, and its address.
pub const LONG: (&str, &str) = (
    "Maria Theodora Wilhelmine Auguste Friederike von Hohenstein-Wallersdorf zu Ahrenberg und Lindenfels",
    "theodora.hohenstein-wallersdorf",
);

/// The workspaces, the largest first.
pub const WORKSPACES: [&str; 13] = [
    "Research",
    "Operations",
    "Library",
    "Laboratory",
    "Finance",
    "Front Desk",
    "Kitchen",
    "Workshop",
    "Communications",
    "Facilities",
    "Human Resources",
    "Archive",
    "Night Shift",
];

/// Personal messages, for those who read English, German and French.
pub const MESSAGES: [&[&str]; 3] = [
    &[
        "Welcome! We are glad to have you with us from Monday. If anything does not work, call me on extension 214.",
        "As discussed on the telephone: with this you can see the rota and swap shifts.",
        "Please choose a password before the end of the week, so that the timesheets are complete.\n\nThank you!",
        "Good to meet you yesterday. The reading list is in the library’s workspace.",
        "This replaces the old account, which will be switched off at the end of the month.",
    ],
    &[
        "Herzlich willkommen! Bei Fragen erreichst du mich unter der Durchwahl 214.",
        "Wie am Telefon besprochen: Hier finden Sie ab sofort den Dienstplan.",
        "Bitte bis Freitag ein Passwort wählen, damit die Abrechnung vollständig ist.\n\nVielen Dank!",
        "Das alte Konto wird zum Monatsende abgeschaltet, dieses hier bleibt.",
    ],
    &[
        "Bienvenue parmi nous ! Pour toute question, mon poste est le 214.",
        "Comme convenu au téléphone : le planning se trouve ici désormais.",
        "Merci de choisir un mot de passe avant vendredi.\n\nÀ bientôt !",
        "L’ancien compte sera fermé à la fin du mois ; celui-ci le remplace.",
    ],
];

/// What relays say to an email that they will never take: the code and the words, with `{}` for the address.
pub const REFUSALS: [(u16, &str); 14] = [
    (550, "5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table"),
    (550, "5.1.1 The email account that you tried to reach does not exist. Please check for typing errors"),
    (554, "5.7.1 <{}>: Relay access denied"),
    (552, "5.2.2 <{}>: Mailbox full, the quota of 2048 MB is used up"),
    (550, "5.4.1 Recipient address rejected: Access denied"),
    (553, "5.1.3 <{}>: that is not a mailbox we know; postmaster has a list"),
    (550, "5.2.1 The account <{}> has been disabled and takes no mail"),
    (550, "5.7.1 Message rejected: the domain of the sender is on the list of this organisation"),
    (551, "5.1.6 <{}> has moved and left no forwarding address"),
    (550, "No such user here"),
    (554, "5.4.14 Hop count exceeded: possible mail loop"),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (556, "5.1.10 The domain takes no mail (null MX)"),
    (550, "5.1.1 <{}>: Empfänger unbekannt, Mitarbeiterin ausgeschieden"),
];
